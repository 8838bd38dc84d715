export interface RestartLimits {
  /** Before the first restart; doubled for each further one, up to `maxBackoffMs`. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** A life that was this long was a good one: the next wait is `backoffMs` again. */
  readonly healthyMs: number
  /** Of one member, within `windowMs`. */
  readonly maxRestarts: number
  readonly windowMs: number
}

/** When a member that has crashed is started again, and when no more. Of one member. */
export class RestartPolicy {
  readonly #limits: RestartLimits
  #restartedAtMs: readonly number[] = []
  #attempt = 0

  constructor(limits: RestartLimits) {
    this.#limits = limits
  }

  /** How long to wait before the restart; undefined when there were too many. */
  afterCrash(nowMs: number, livedMs: number): number | undefined {
    const { backoffMs, maxBackoffMs, healthyMs, maxRestarts, windowMs } = this.#limits
    const recent = this.#restartedAtMs.filter((atMs) => atMs > nowMs - windowMs)
    if (recent.length >= maxRestarts) return undefined
    if (livedMs >= healthyMs) this.#attempt = 0
    const waitMs = Math.min(maxBackoffMs, backoffMs * 2 ** this.#attempt)
    this.#attempt++
    this.#restartedAtMs = [...recent, nowMs]
    return waitMs
  }
}
