/** A record of one side of a join, or a result. */
export interface JoinedRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

export interface JoinRules {
  readonly kind: 'inner' | 'left' | 'outer'
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
}

interface Side {
  readonly isLeft: boolean
  readonly isOuter: boolean
  /** In the order in which they were kept. */
  readonly kept: { readonly key: string; readonly value: string; readonly timestampMs: number }[]
  timeMs: number
}

interface Waiting {
  readonly side: Side
  readonly key: string
  readonly value: string
  readonly timestampMs: number
}

const MIN_SEGMENT_MS = 60_000

/** What a join of two streams gives, by looking at everything that there is each time. */
export class StreamJoinModel {
  readonly #rules: JoinRules
  readonly #retentionMs: number
  readonly #left: Side
  readonly #right: Side
  #waiting: Waiting[] = []
  #timeMs = -1
  /** The time below which a look is not worth it; Infinity when nothing waits. */
  #lowestMs = Infinity

  constructor(rules: JoinRules) {
    this.#rules = rules
    this.#retentionMs = rules.beforeMs + rules.afterMs + rules.graceMs
    this.#left = { isLeft: true, isOuter: rules.kind !== 'inner', kept: [], timeMs: -1 }
    this.#right = { isLeft: false, isOuter: rules.kind === 'outer', kept: [], timeMs: -1 }
  }

  left(record: JoinedRecord): JoinedRecord[] {
    return this.#next(this.#left, record)
  }

  right(record: JoinedRecord): JoinedRecord[] {
    return this.#next(this.#right, record)
  }

  /** One record of a stream that is joined with itself. */
  self(record: JoinedRecord): JoinedRecord[] {
    return [...this.left(record), ...this.right(record)]
  }

  #next(side: Side, { key, value, timestampMs }: JoinedRecord): JoinedRecord[] {
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    if (value === null) return []
    if (key === null) return side.isOuter ? [result(null, pair(side, value), timestampMs)] : []
    const results = timestampMs === this.#timeMs ? this.#release(side) : []
    const fromMs = timestampMs - this.#lookBack(side)
    const toMs = timestampMs + this.#lookAhead(side)
    const other = side === this.#left ? this.#right : this.#left
    const matches = other.kept
      .filter((one) => one.key === key && one.timestampMs > other.timeMs - this.#retentionMs)
      .filter(
        (one) => one.timestampMs >= Math.max(0, fromMs) && one.timestampMs <= Math.max(0, toMs),
      )
      .sort((a, b) => a.timestampMs - b.timestampMs)
    for (const match of matches) {
      this.#waiting = this.#waiting.filter(
        (one) => one.side !== other || one.key !== key || one.timestampMs !== match.timestampMs,
      )
      const values = pair(side, value, match.value)
      results.push(result(key, values, Math.max(timestampMs, match.timestampMs)))
    }
    if (matches.length === 0 && side.isOuter) {
      if (Math.max(0, toMs) < this.#timeMs)
        results.push(result(key, pair(side, value), timestampMs))
      else {
        this.#waiting.push({ side, key, value, timestampMs })
        this.#lowestMs = Math.min(this.#lowestMs, timestampMs)
      }
    }
    this.#keep(side, key, value, timestampMs)
    return results
  }

  #lookBack(side: Side): number {
    return side.isLeft ? this.#rules.beforeMs : this.#rules.afterMs
  }

  #lookAhead(side: Side): number {
    return side.isLeft ? this.#rules.afterMs : this.#rules.beforeMs
  }

  #release(cause: Side): JoinedRecord[] {
    const { kind, graceMs } = this.#rules
    if (kind === 'inner') return []
    const aheadMs = this.#lookAhead(cause) + graceMs
    if (this.#lowestMs === Infinity ? aheadMs <= 0 : this.#lowestMs + aheadMs >= this.#timeMs)
      return []
    this.#waiting.sort(byTimeSideKey)
    this.#lowestMs = Infinity
    const open = new Set<Side>()
    const over: Waiting[] = []
    for (const one of this.#waiting) {
      this.#lowestMs = one.timestampMs
      if (open.size === 2) break
      if (one.timestampMs + this.#lookAhead(one.side) + graceMs < this.#timeMs) over.push(one)
      else open.add(one.side)
    }
    this.#waiting = this.#waiting.filter((one) => !over.includes(one))
    return over.map(({ side, key, value, timestampMs }) =>
      result(key, pair(side, value), timestampMs),
    )
  }

  #keep(side: Side, key: string, value: string, timestampMs: number): void {
    side.timeMs = Math.max(side.timeMs, timestampMs)
    const segmentMs = Math.max(Math.floor(this.#retentionMs / 2), MIN_SEGMENT_MS)
    const segmentOf = (timeMs: number): number => Math.floor(timeMs / segmentMs)
    if (segmentOf(timestampMs) < segmentOf(side.timeMs - this.#retentionMs)) return
    side.kept.push({ key, value, timestampMs })
  }
}

function pair(side: Side, value: string, other: string | null = null): string {
  return side.isLeft ? `${value}+${other}` : `${other}+${value}`
}

function result(key: string | null, value: string, timestampMs: number): JoinedRecord {
  return { key, value, timestampMs }
}

/** The sort is stable: what is alike stays in the order of its coming. */
function byTimeSideKey(a: Waiting, b: Waiting): number {
  if (a.timestampMs !== b.timestampMs) return a.timestampMs - b.timestampMs
  if (a.side !== b.side) return a.side.isLeft ? 1 : -1
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))
}
