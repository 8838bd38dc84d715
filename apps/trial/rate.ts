const WINDOW_MS = 3000

interface Sample {
  readonly atMs: number
  readonly total: number
}

/** How fast a counter grew lately. */
export class Rate {
  #samples: readonly Sample[] = []

  /** Takes the counter as it is now, and returns its growth a second over the last three. */
  perSecond(total: number, nowMs: number): number {
    const since = nowMs - WINDOW_MS
    this.#samples = [...this.#samples, { atMs: nowMs, total }].filter(({ atMs }) => atMs >= since)
    const first = this.#samples[0]
    if (first === undefined || first.atMs === nowMs) return 0
    return Math.max(0, ((total - first.total) * 1000) / (nowMs - first.atMs))
  }
}
