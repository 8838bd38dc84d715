import { asBuffer, bytesToMapKey } from '../base/bytes.ts'
import { ClosingIterator } from './closing-iterator.ts'
import type { KeyRange } from './state-backend.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

/** How long entries live, and in which portions they are dropped. */
export interface SegmentSpans {
  readonly retentionMs: number
  readonly segmentIntervalMs: number
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

/** Of stores that keep entries by time; 0x00 is that of {@link StoreScalars}, others are for other layouts. */
const LAYOUT = 0x01
export const PREFIX_BYTES = 8

/*
 * Entries by time, in portions that are dropped as a whole (Kafka Streams: `AbstractSegments`).
 *
 * Stored key: layout(1) + segment id(7) + key of the changelog. The id is floor(timestamp / interval), so
 * the entries of a segment are next to each other, and a range deletion drops them all. A segment is
 * dropped when its id is before that of (stream time - retention): entries live up to one interval
 * longer than the retention, but reads find none that is older than it.
 */

export function segmentIdOf(timestampMs: number, { segmentIntervalMs }: SegmentSpans): number {
  return Math.floor(timestampMs / segmentIntervalMs)
}

/** The first segment that is not dropped. */
export function firstLiveSegment(streamTimeMs: number, spans: SegmentSpans): number {
  return Math.max(0, segmentIdOf(streamTimeMs - spans.retentionMs, spans))
}

/** The segments that are dropped when stream time goes on. */
export function expiredRange(beforeMs: number, afterMs: number, spans: SegmentSpans): KeyRange[] {
  const from = firstLiveSegment(beforeMs, spans)
  const to = firstLiveSegment(afterMs, spans)
  return from < to ? [{ from: segmentPrefix(from), to: segmentPrefix(to) }] : []
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

  constructor(buffer: TransactionBuffer, spans: SegmentSpans) {
    this.#buffer = buffer
    this.#spans = spans
  }

  /** Reads find nothing before it. */
  get firstLiveMs(): number {
    return Math.max(0, this.streamTimeMs - this.#spans.retentionMs + 1)
  }

  get streamTimeMs(): number {
    return this.#buffer.scalars.streamTimeMs
  }

  /** False: the segment has been dropped, and nothing is written. */
  put(key: Uint8Array, timestampMs: number, value: Uint8Array | null, writtenMs: number): boolean {
    const { scalars } = this.#buffer
    const before = scalars.streamTimeMs
    const now = scalars.observe(timestampMs)
    if (now > before) {
      for (const { from, to } of expiredRange(before, now, this.#spans)) {
        this.#buffer.deleteRange(from, to)
      }
    }
    const segmentId = segmentIdOf(timestampMs, this.#spans)
    if (segmentId < firstLiveSegment(now, this.#spans)) return false
    this.#buffer.put(segmentKey(segmentId, key), value, writtenMs)
    return true
  }

  get(key: Uint8Array, timestampMs: number): Uint8Array | null {
    if (timestampMs < this.firstLiveMs) return null
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
}
