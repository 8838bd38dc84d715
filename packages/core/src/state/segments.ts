import { assert } from '../base/assert.ts'
import { asBuffer, bytesToMapKey } from '../base/bytes.ts'
import { readTimestamp, writeTimestamp } from '../base/timestamp-bytes.ts'
import { ClosingIterator } from './closing-iterator.ts'
import type { KeyRange } from './state-backend.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

/** How long entries live, and in which portions they are dropped. */
export interface SegmentSpans {
  readonly retentionMs: number
  readonly segmentIntervalMs: number
  /** There is an index by time, of keys that end with so many bytes of times; absent: there is none. */
  readonly indexTimeBytes?: number
  /**
   * True: what is exactly as old as the retention is found too, as in Kafka Streams' time-ordered window stores.
   * @defaultValue false
   */
  readonly findsOldest?: boolean
  /**
   * True: what was not released lives on, whatever the retention. Then a restore keeps what has expired until the
   * store drops it. @defaultValue false
   */
  readonly awaitsRelease?: boolean
}

/** What a scan looks for; keys are those of the changelog, without the prefix. */
export interface SegmentScan<T> {
  /** Segments from that of `fromMs` to that of `toMs`, and none that is not there. */
  readonly fromMs: number
  readonly toMs: number
  /** Included; absent: open. */
  readonly lower?: Uint8Array | undefined
  /** Excluded; absent: open. */
  readonly upper?: Uint8Array | undefined
  readonly reverse: boolean
  /** True: also finds what has expired, as long as its segment is there. */
  readonly withExpired?: boolean
  /** What an entry is to the caller; undefined passes it over. */
  readonly pick: (key: Buffer, value: Uint8Array) => T | undefined
}

/** Of entries by time; 0x00 is that of {@link StoreScalars}, others are for other layouts. */
const LAYOUT = 0x01
const INDEX_LAYOUT = 0x02
export const PREFIX_BYTES = 8
const INDEX_TEXT = String.fromCharCode(INDEX_LAYOUT)
const INDEX_PREFIX_BYTES = 1
/** The value of an entry of the index. */
export const INDEXED: Uint8Array = new Uint8Array(0)

/*
 * Entries by time, in portions that are dropped as a whole (Kafka Streams: `AbstractSegments`).
 *
 * Stored key: layout(1) + segment id(7) + key of the changelog. The id is floor(timestamp / interval), so
 * the entries of a segment are next to each other, and a range deletion drops them all. A segment is
 * dropped when its id is before that of (stream time - retention): entries live up to one interval
 * longer than the retention, but reads find none that is older than it.
 *
 * The index, where there is one, has an entry without a value for each entry, and finds them by time
 * (Kafka Streams: `AbstractRocksDBTimeOrderedSegmentedBytesStore`, whose changelog has no index either). Stored key:
 * layout(1) + times + key, where the key of the changelog is key + times, and the times begin with the one that decides.
 */

export function segmentIdOf(timestampMs: number, { segmentIntervalMs }: SegmentSpans): number {
  return Math.floor(timestampMs / segmentIntervalMs)
}

/** The first segment that is not dropped. */
export function firstLiveSegment(streamTimeMs: number, spans: SegmentSpans): number {
  return Math.max(0, segmentIdOf(streamTimeMs - spans.retentionMs, spans))
}

/** What is dropped when stream time goes on. */
export function expiredRanges(beforeMs: number, afterMs: number, spans: SegmentSpans): KeyRange[] {
  const from = firstLiveSegment(beforeMs, spans)
  const to = firstLiveSegment(afterMs, spans)
  if (from >= to) return []
  const segments = { from: segmentPrefix(from), to: segmentPrefix(to) }
  if (spans.indexTimeBytes === undefined) return [segments]
  const { segmentIntervalMs } = spans
  return [
    segments,
    { from: indexBound(from * segmentIntervalMs), to: indexBound(to * segmentIntervalMs) },
  ]
}

/** What is in front of the key in the segment of that id, as the text of its bytes. */
export function segmentText(segmentId: number): string {
  return bytesToMapKey(segmentPrefix(segmentId))
}

/** True for an entry by time; false for one of its index. */
export function isEntryByTime(stored: Uint8Array): boolean {
  return stored[0] === LAYOUT
}

/** The key in the index, as the text of its bytes. `times` are what stands behind `key` in the changelog. */
export function indexText(times: string, key: string): string {
  return INDEX_TEXT + times + key
}

/** The same of a key of the changelog, which ends with that many bytes of times. */
export function indexKey(changelogKey: Buffer, timeBytes: number): Buffer {
  const keyBytes = changelogKey.length - timeBytes
  const stored = Buffer.allocUnsafe(INDEX_PREFIX_BYTES + changelogKey.length)
  stored[0] = INDEX_LAYOUT
  changelogKey.copy(stored, INDEX_PREFIX_BYTES, keyBytes)
  changelogKey.copy(stored, INDEX_PREFIX_BYTES + timeBytes, 0, keyBytes)
  return stored
}

/** The key of the changelog that an entry of the index stands for. */
function indexedKey(stored: Buffer, timeBytes: number): Buffer {
  const times = INDEX_PREFIX_BYTES + timeBytes
  const key = Buffer.allocUnsafe(stored.length - INDEX_PREFIX_BYTES)
  stored.copy(key, 0, times)
  stored.copy(key, stored.length - times, INDEX_PREFIX_BYTES, times)
  return key
}

/** Not more than any entry of the index from that time on. */
function indexBound(timestampMs: number): Buffer {
  const bound = Buffer.allocUnsafe(INDEX_PREFIX_BYTES + 8)
  bound[0] = INDEX_LAYOUT
  writeTimestamp(bound, timestampMs, INDEX_PREFIX_BYTES)
  return bound
}

export function segmentKey(segmentId: number, key: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(PREFIX_BYTES + key.length)
  writePrefix(stored, segmentId)
  stored.set(key, PREFIX_BYTES)
  return stored
}

/** The key of the changelog. */
export function withoutSegment(stored: Uint8Array): Buffer {
  return asBuffer(stored).subarray(PREFIX_BYTES)
}

function segmentPrefix(segmentId: number): Buffer {
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES)
  writePrefix(prefix, segmentId)
  return prefix
}

function writePrefix(target: Buffer, segmentId: number): void {
  target[0] = LAYOUT
  target[1] = 0
  target.writeUIntBE(segmentId, 2, 6)
}

/** The entries of one store by time, in a transaction. */
export class Segments {
  readonly #buffer: TransactionBuffer
  readonly #spans: SegmentSpans
  readonly #awaitsRelease: boolean
  /** Nothing behind it has expired. */
  #releasedMs: number

  /** `awaitsRelease`: see {@link release}. */
  constructor(buffer: TransactionBuffer, spans: SegmentSpans, awaitsRelease = false) {
    this.#buffer = buffer
    this.#spans = spans
    this.#awaitsRelease = awaitsRelease
    this.#releasedMs = awaitsRelease ? -1 : Infinity
  }

  /** Reads find nothing before it. */
  get firstLiveMs(): number {
    const { retentionMs, findsOldest = false } = this.#spans
    return Math.max(0, this.#expiryTimeMs - retentionMs + (findsOldest ? 0 : 1))
  }

  /**
   * What has times until then may expire, and no more. To be called when processing begins, and when more has
   * been released; a store that awaits none does not care.
   */
  release(timestampMs: number): void {
    if (!this.#awaitsRelease) return
    const before = this.#expiryTimeMs
    this.#releasedMs = timestampMs
    this.#drop(before, this.#expiryTimeMs)
  }

  /** The stream time that counts for what has expired. */
  get #expiryTimeMs(): number {
    return Math.min(this.streamTimeMs, this.#releasedMs + this.#spans.retentionMs)
  }

  get streamTimeMs(): number {
    return this.#buffer.scalars.streamTimeMs
  }

  /** Moves stream time on. False: the segment of that time has been dropped, and nothing may be written to it. */
  admit(timestampMs: number): boolean {
    const before = this.#expiryTimeMs
    if (timestampMs <= this.streamTimeMs && timestampMs > before - this.#spans.retentionMs) {
      return true
    }
    this.#buffer.scalars.observe(timestampMs)
    const now = this.#expiryTimeMs
    if (now > before) this.#drop(before, now)
    return segmentIdOf(timestampMs, this.#spans) >= firstLiveSegment(now, this.#spans)
  }

  #drop(beforeMs: number, nowMs: number): void {
    if (firstLiveSegment(beforeMs, this.#spans) === firstLiveSegment(nowMs, this.#spans)) return
    // A restore may have brought back what had been dropped before.
    const fromMs = this.#awaitsRelease ? -1 : beforeMs
    for (const { from, to } of expiredRanges(fromMs, nowMs, this.#spans)) {
      this.#buffer.deleteRange(from, to)
    }
  }

  /** False: the segment has been dropped, and nothing is written. */
  put(key: Uint8Array, timestampMs: number, value: Uint8Array | null, writtenMs: number): boolean {
    if (!this.admit(timestampMs)) return false
    this.#buffer.put(segmentKey(segmentIdOf(timestampMs, this.#spans), key), value, writtenMs)
    return true
  }

  get(key: Uint8Array, timestampMs: number): Uint8Array | null {
    return timestampMs < this.firstLiveMs ? null : this.#stored(key, timestampMs)
  }

  #stored(key: Uint8Array, timestampMs: number): Uint8Array | null {
    const stored = segmentKey(segmentIdOf(timestampMs, this.#spans), key)
    return this.#buffer.get(stored, bytesToMapKey(stored))
  }

  /** By segment, and by key within one; the view is the one at the time of the call. */
  scan<T>(scan: SegmentScan<T>): IterableIterator<T> {
    const { fromMs, toMs, lower, upper, reverse, withExpired = false, pick } = scan
    const first = withExpired
      ? Math.max(segmentIdOf(fromMs, this.#spans), firstLiveSegment(this.streamTimeMs, this.#spans))
      : segmentIdOf(Math.max(fromMs, this.firstLiveMs), this.#spans)
    const last = segmentIdOf(Math.min(toMs, this.streamTimeMs), this.#spans)
    const runs: IterableIterator<readonly [Uint8Array, Uint8Array]>[] = []
    for (let id = first; id <= last; id++) {
      const from = lower === undefined ? segmentPrefix(id) : segmentKey(id, lower)
      const to = upper === undefined ? segmentPrefix(id + 1) : segmentKey(id, upper)
      runs.push(this.#buffer.range({ from, to, reverse }))
    }
    if (reverse) runs.reverse()
    return new ClosingIterator(runs, ([key, value]) => pick(withoutSegment(key), value))
  }

  /**
   * By time, from `fromMs` to `toMs`, and by key where times are equal; of a store with an index. Which entries there are is
   * seen at the time of the call.
   */
  scanByTime<T>({
    fromMs,
    toMs,
    reverse,
    withExpired = false,
    pick,
  }: Omit<SegmentScan<T>, 'lower' | 'upper'>): IterableIterator<T> {
    const { indexTimeBytes: timeBytes } = this.#spans
    assert(timeBytes !== undefined, 'the store has no index by time')
    const firstMs = withExpired ? fromMs : Math.max(fromMs, this.firstLiveMs)
    const lastMs = Math.min(toMs, this.streamTimeMs)
    if (!(firstMs <= lastMs)) return [].values()
    const bounds = { from: indexBound(firstMs), to: indexBound(lastMs + 1), reverse }
    return new ClosingIterator([this.#buffer.range(bounds)], ([indexed]) => {
      const key = indexedKey(asBuffer(indexed), timeBytes)
      const timestampMs = readTimestamp(asBuffer(indexed), INDEX_PREFIX_BYTES)
      const value = this.#stored(key, timestampMs)
      return value === null ? undefined : pick(key, value)
    })
  }
}
