/** What an entry costs beyond its value, and a key beyond its text: about. */
const ENTRY_OVERHEAD_BYTES = 48
const KEY_OVERHEAD_BYTES = 160
const NUMBER_BYTES = 8

/** Expired entries that are carried along before they are cut off. */
const MAX_EXPIRED = 32

/** A value as it is kept, with the time of its record. */
export type RecentEntry = readonly [timestampMs: number, stored: unknown]

/** The entries of one key, by time and then in the order in which they were put. */
export class RecentRun {
  readonly #times: number[] = []
  readonly #values: unknown[] = []
  /** True: the store may have older entries of the key. */
  readonly isPartial: boolean

  constructor(isPartial: boolean) {
    this.isPartial = isPartial
  }

  /** The index of the first entry that is not before that time. */
  firstFrom(timestampMs: number): number {
    let low = 0
    let high = this.#times.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#times[middle] ?? 0) < timestampMs) low = middle + 1
      else high = middle
    }
    return low
  }

  at(index: number): RecentEntry {
    return [this.#times[index] ?? -1, this.#values[index]]
  }

  insert(timestampMs: number, stored: unknown): void {
    const last = this.#times.at(-1)
    if (last === undefined || last <= timestampMs) {
      this.#times.push(timestampMs)
      this.#values.push(stored)
      return
    }
    const at = this.firstFrom(timestampMs + 1)
    this.#times.splice(at, 0, timestampMs)
    this.#values.splice(at, 0, stored)
  }

  /** Cuts off what is before that time, once it is worth it. */
  expire(firstLiveMs: number): void {
    const expired = this.firstFrom(firstLiveMs)
    if (expired <= MAX_EXPIRED) return
    this.#times.splice(0, expired)
    this.#values.splice(0, expired)
  }
}

const EMPTY_RUN = new RecentRun(false)

export interface RecentRecordsParts {
  readonly retentionMs: number
  /** About how much memory the entries may take. */
  readonly maxBytes: number
}

/**
 * The records that a store by time holds now, by key, in memory: an operator that looks back does so at each of its
 * records, and an iteration over the store costs more than all the rest.
 *
 * Semantics: a run that {@link find} gives has all entries of its key that the store has and that have not expired;
 * it may have some more that have. Undefined: that is not known here, and is to be read and told with
 * {@link learn}. Each put is told with {@link add}.
 *
 * What is known: all entries that were put since {@link forget}. An older entry has a time of `#unknownMs` at
 * most, so everything is known as soon as that time has expired. Until then a key is known once it has been
 * read. Too many entries are forgotten as a whole.
 *
 * Keys are in two generations, and one that is put to moves to the younger. When a retention has passed, the older
 * one is dropped: whatever is in it has expired.
 */
export class RecentRecords {
  readonly #parts: RecentRecordsParts
  #young = new Map<string, RecentRun>()
  #old = new Map<string, RecentRun>()
  #turnMs = -1
  #bytes = 0
  #oldBytes = 0
  #unknownMs = Infinity

  /** Knows nothing until {@link forget} has told it of how much. */
  constructor(parts: RecentRecordsParts) {
    this.#parts = parts
  }

  /**
   * To be called at first, and when the store is not what was told: writes have been taken back.
   * @param streamTimeMs the time of the newest record that the store has, -1 when it has none
   */
  forget(streamTimeMs: number): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#bytes = 0
    this.#oldBytes = 0
    this.#unknownMs = streamTimeMs
  }

  /** Tells of a put. `streamTimeMs` is the store's with the entry. */
  add(key: string, timestampMs: number, stored: unknown, streamTimeMs: number): void {
    this.#turn(streamTimeMs)
    let run = this.#young.get(key)
    if (run === undefined) {
      run = this.#old.get(key) ?? new RecentRun(!this.#isComplete(streamTimeMs))
      this.#keep(key, run)
    }
    run.insert(timestampMs, stored)
    this.#bytes += bytesOf(stored)
    this.#forgetIfFull(streamTimeMs)
  }

  /** Tells of all entries of a key that have not expired, in their order, when {@link find} has asked for them. */
  learn(key: string, entries: readonly RecentEntry[], streamTimeMs: number): RecentRun {
    this.#turn(streamTimeMs)
    const run = new RecentRun(false)
    for (const [timestampMs, stored] of entries) {
      run.insert(timestampMs, stored)
      this.#bytes += bytesOf(stored)
    }
    this.#keep(key, run)
    this.#forgetIfFull(streamTimeMs)
    return run
  }

  find(key: string, streamTimeMs: number): RecentRun | undefined {
    const run = this.#young.get(key) ?? this.#old.get(key)
    if (run === undefined) return this.#isComplete(streamTimeMs) ? EMPTY_RUN : undefined
    if (run.isPartial && !this.#isComplete(streamTimeMs)) return undefined
    run.expire(this.#firstLiveMs(streamTimeMs))
    return run
  }

  #isComplete(streamTimeMs: number): boolean {
    return this.#firstLiveMs(streamTimeMs) > this.#unknownMs
  }

  #firstLiveMs(streamTimeMs: number): number {
    return Math.max(0, streamTimeMs - this.#parts.retentionMs + 1)
  }

  #keep(key: string, run: RecentRun): void {
    this.#young.set(key, run)
    this.#bytes += key.length + KEY_OVERHEAD_BYTES
  }

  #forgetIfFull(streamTimeMs: number): void {
    if (this.#bytes + this.#oldBytes > this.#parts.maxBytes) this.forget(streamTimeMs)
  }

  #turn(streamTimeMs: number): void {
    if (streamTimeMs < this.#turnMs + this.#parts.retentionMs) return
    this.#turnMs = streamTimeMs
    this.#old = this.#young
    this.#oldBytes = this.#bytes
    this.#young = new Map()
    this.#bytes = 0
  }
}

function bytesOf(stored: unknown): number {
  return ENTRY_OVERHEAD_BYTES + (typeof stored === 'string' ? stored.length : NUMBER_BYTES)
}
