import type { WindowEntry } from './window-store.ts'

/** What an entry costs beyond its value, and a key beyond its text: about. */
const ENTRY_OVERHEAD_BYTES = 48
const KEY_OVERHEAD_BYTES = 160
const NUMBER_BYTES = 8

/** Expired entries that are carried along before they are cut off. */
const MAX_EXPIRED = 32

const NO_ENTRIES: readonly never[] = []

/** A value, with the time of its record. The entries of a key come in order. */
export type StoredEntry = readonly [timestampMs: number, stored: unknown]

/** The entries of one key, by time and then in the order in which they were put. */
class Run {
  readonly times: number[] = []
  readonly values: unknown[] = []
  /** True: the store may have older entries of the key. */
  isPartial: boolean

  constructor(isPartial: boolean) {
    this.isPartial = isPartial
  }

  insert(timestampMs: number, stored: unknown): void {
    const last = this.times.at(-1)
    if (last === undefined || last <= timestampMs) {
      this.times.push(timestampMs)
      this.values.push(stored)
      return
    }
    const at = this.firstFrom(timestampMs + 1)
    this.times.splice(at, 0, timestampMs)
    this.values.splice(at, 0, stored)
  }

  /** The index of the first entry that is not before that time. */
  firstFrom(timestampMs: number): number {
    let low = 0
    let high = this.times.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.times[middle] ?? 0) < timestampMs) low = middle + 1
      else high = middle
    }
    return low
  }

  cut(count: number): void {
    this.times.splice(0, count)
    this.values.splice(0, count)
  }
}

export interface RecentRecordsParts<V> {
  readonly retentionMs: number
  /** About how much memory the entries may take. */
  readonly maxBytes: number
  readonly decode: (stored: unknown) => V
}

/**
 * The records that a store by time holds now, by key, in memory: a join looks up a key for each of its
 * records, and an iteration over the store costs more than all the rest of the join.
 *
 * Semantics: what {@link fetch} gives is what the store has, or undefined when that is not known here and is to
 * be read, and told with {@link learn}. Each put is told with {@link add}.
 *
 * What is known: all entries that were put since {@link forget}. An older entry has a time of `#unknownMs` at
 * most, so everything is known as soon as that time has expired. Until then a key is known once it has been
 * read. Too many entries are forgotten as a whole.
 *
 * Keys are in two generations, and one that is put to moves to the younger. When a retention has passed, the older
 * one is dropped: whatever is in it has expired.
 */
export class RecentRecords<V> {
  readonly #parts: RecentRecordsParts<V>
  #young = new Map<string, Run>()
  #old = new Map<string, Run>()
  #turnMs = -1
  #bytes = 0
  #oldBytes = 0
  #unknownMs = Infinity

  /** Knows nothing until {@link forget} has told it of how much. */
  constructor(parts: RecentRecordsParts<V>) {
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
  add(key: string, entry: StoredEntry, streamTimeMs: number): void {
    this.#turn(streamTimeMs)
    let run = this.#young.get(key)
    if (run === undefined) {
      run = this.#old.get(key) ?? new Run(!this.#isComplete(streamTimeMs))
      this.#keep(key, run)
    }
    run.insert(entry[0], entry[1])
    this.#bytes += bytesOf(entry[1]) + ENTRY_OVERHEAD_BYTES
    this.#forgetIfFull(streamTimeMs)
  }

  /** Tells of all entries of a key that have not expired, in their order, when {@link fetch} has asked for them. */
  learn(key: string, entries: readonly StoredEntry[], streamTimeMs: number): void {
    this.#turn(streamTimeMs)
    const run = new Run(false)
    for (const [timestampMs, stored] of entries) run.insert(timestampMs, stored)
    this.#keep(key, run)
    for (const [, stored] of entries) this.#bytes += bytesOf(stored) + ENTRY_OVERHEAD_BYTES
    this.#forgetIfFull(streamTimeMs)
  }

  /** The entries from `fromMs` to `toMs`, both included; undefined when they are not known. */
  fetch(
    key: string,
    fromMs: number,
    toMs: number,
    streamTimeMs: number,
  ): readonly WindowEntry<V>[] | undefined {
    const run = this.#young.get(key) ?? this.#old.get(key)
    if (run === undefined || run.isPartial) {
      if (!this.#isComplete(streamTimeMs)) return undefined
      if (run === undefined) return NO_ENTRIES
    }
    const firstLive = run.firstFrom(this.#firstLiveMs(streamTimeMs))
    if (firstLive > MAX_EXPIRED) run.cut(firstLive)
    const first = run.firstFrom(Math.max(fromMs, this.#firstLiveMs(streamTimeMs)))
    const end = run.firstFrom(toMs + 1)
    if (first >= end) return NO_ENTRIES
    const entries: WindowEntry<V>[] = []
    for (let i = first; i < end; i++) {
      entries.push([run.times[i] ?? 0, this.#parts.decode(run.values[i])]) // within the arrays
    }
    return entries
  }

  #isComplete(streamTimeMs: number): boolean {
    return this.#firstLiveMs(streamTimeMs) > this.#unknownMs
  }

  #firstLiveMs(streamTimeMs: number): number {
    return Math.max(0, streamTimeMs - this.#parts.retentionMs + 1)
  }

  #keep(key: string, run: Run): void {
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
  return typeof stored === 'string' ? stored.length : NUMBER_BYTES
}
