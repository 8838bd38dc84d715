import { asBuffer } from '../base/bytes.ts'
import { readTimestamp, writeTimestamp } from '../base/timestamp-bytes.ts'
import {
  expiredRanges,
  firstLiveSegment,
  segmentIdOf,
  segmentKey,
  type SegmentSpans,
} from './segments.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'
import { type Version, VersionedRow } from './versioned-row.ts'
import type { PutResult } from './versioned-store.ts'

/** How a versioned store keeps its history. */
export interface VersionedSpans extends SegmentSpans {
  readonly forgetsDeletionsInPlace: boolean
}

/** A version as it is found. */
export interface FoundVersion {
  readonly value: Uint8Array
  readonly fromMs: number
  readonly toMs: number | undefined
}

/** Of latest values; 0x00 and 0x01 are those of the store's numbers and of segments. */
const LATEST_LAYOUT = 0x02
const TIMESTAMP_BYTES = 8

interface Put {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  readonly timestampMs: number
}

/** The oldest version known to be newer than a put; undefined: there is none. */
type NextMs = number | undefined

/**
 * The versions of all keys of a store (Kafka Streams: `RocksDBVersionedStore`).
 *
 * Semantics: the latest version is an entry of its own: layout(1) + key, with timestamp(8) + value. An older
 * one is in the row of its key in the segment in which its validity *ended*, so that a segment can be
 * dropped as soon as the history begins behind it. A deletion is the end of the version before it; only
 * where there is none it is a version itself.
 *
 * A deletion at the time of the version that it deletes is known all the same. Kafka Streams forgets it, unless an
 * older version ended there: a version that is put before it later becomes the latest, and a key that was deleted
 * is back. So it depends on the order of the puts, and on what a restore replays over what is applied already.
 *
 * A put looks for its place from the newest to the oldest: among the latest values, then in the segments
 * from the newest to that of its timestamp. What it is put in front of says when it ends.
 */
export class VersionedEntries {
  readonly #buffer: TransactionBuffer
  readonly #spans: VersionedSpans

  constructor(buffer: TransactionBuffer, spans: VersionedSpans) {
    this.#buffer = buffer
    this.#spans = spans
  }

  /** The first time whose versions are known. */
  get historyStartMs(): number {
    return this.#buffer.scalars.streamTimeMs - this.#spans.retentionMs
  }

  put(put: Put): PutResult {
    if (put.timestampMs < this.historyStartMs) return 'not-put'
    const { scalars } = this.#buffer
    const before = scalars.streamTimeMs
    const now = scalars.observe(put.timestampMs)
    for (const { from, to } of expiredRanges(before, now, this.#spans)) {
      this.#buffer.deleteRange(from, to)
    }
    return this.#putInOrder(put) ?? 'latest'
  }

  latest(key: Uint8Array): FoundVersion | undefined {
    const stored = this.#buffer.get(latestKey(key))
    if (stored === null) return undefined
    const bytes = asBuffer(stored)
    const value = bytes.subarray(TIMESTAMP_BYTES)
    return { value, fromMs: readTimestamp(bytes, 0), toMs: undefined }
  }

  /** The latest version or the deletion of it; undefined when the history knows of none. */
  newest(key: Uint8Array): Version | undefined {
    const latest = this.latest(key)
    if (latest !== undefined) return latest
    for (const id of this.#segmentsFrom(0)) {
      const row = this.#row(id, key)
      if (row !== undefined) return { fromMs: row.nextMs, value: null }
    }
    return undefined
  }

  at(key: Uint8Array, asOfMs: number): FoundVersion | undefined {
    const latest = this.latest(key)
    if (latest !== undefined && latest.fromMs <= asOfMs) return latest
    if (asOfMs < this.historyStartMs) return undefined
    for (const id of this.#segmentsFrom(asOfMs)) {
      const row = this.#row(id, key)
      if (row === undefined) continue
      if (row.nextMs <= asOfMs) return undefined
      if (row.minMs > asOfMs) continue
      return found(row, row.indexAt(asOfMs))
    }
    return undefined
  }

  /** Newest first. */
  between(key: Uint8Array, fromMs: number, toMs: number): readonly FoundVersion[] {
    const versions: FoundVersion[] = []
    const latest = this.latest(key)
    if (latest !== undefined && latest.fromMs <= toMs) versions.push(latest)
    const firstMs = Math.max(fromMs, this.historyStartMs)
    if (!(firstMs <= toMs)) return versions
    for (const id of this.#segmentsFrom(firstMs)) {
      const row = this.#row(id, key)
      if (row === undefined) continue
      for (const [index, version] of row.versions.entries()) {
        if (version.fromMs > toMs || row.endOf(index) <= firstMs) continue
        const one = found(row, index)
        if (one !== undefined) versions.push(one)
      }
    }
    return versions
  }

  #putInOrder(put: Put): NextMs {
    const latest = this.latest(put.key)
    if (latest === undefined || put.timestampMs < latest.fromMs) {
      return this.#putBeforeLatest(put, latest?.fromMs)
    }
    this.#replaceLatest(put, latest)
    return undefined
  }

  #replaceLatest(put: Put, latest: FoundVersion): void {
    const { key, value, timestampMs } = put
    const isInPlace = timestampMs === latest.fromMs
    if (!isInPlace) this.#endInSegment(key, latest, timestampMs)
    this.#putLatest(key, value, timestampMs)
    if (isInPlace && value === null && !this.#spans.forgetsDeletionsInPlace) this.#putNewest(put)
  }

  #putBeforeLatest(put: Put, latestMs: NextMs): NextMs {
    const { key, value, timestampMs } = put
    let nextMs = latestMs
    for (const id of this.#segmentsFrom(timestampMs)) {
      const row = this.#row(id, key)
      if (row === undefined) continue
      if (row.nextMs <= timestampMs) {
        // The version before it ended then: it is deleted already, as when a changelog is replayed.
        const isDeleted = row.nextMs === timestampMs && nextMs !== undefined
        if (value === null && isDeleted) return nextMs
        break
      }
      if (row.minMs <= timestampMs) return this.#putIntoRow(put, id, row)
      nextMs = row.minMs
    }
    if (nextMs === undefined) this.#putNewest(put)
    else this.#putBefore(put, nextMs)
    return nextMs
  }

  /** No version is newer, and the key has no latest value. */
  #putNewest({ key, value, timestampMs }: Put): void {
    if (value !== null) {
      this.#putLatest(key, value, timestampMs)
      return
    }
    const id = segmentIdOf(timestampMs, this.#spans)
    const row = this.#row(id, key)
    if (row === undefined) {
      this.#putRow(id, key, VersionedRow.of(null, timestampMs, timestampMs), timestampMs)
      return
    }
    // The end of the row is a deletion already.
    if (row.nextMs === timestampMs) return
    row.addNewest(null, row.nextMs, timestampMs)
    this.#putRow(id, key, row, timestampMs)
  }

  /** In the segment in which the next version begins, the new one is the oldest or the newest. */
  #putBefore({ key, value, timestampMs }: Put, nextMs: number): void {
    const id = segmentIdOf(nextMs, this.#spans)
    const row = this.#row(id, key)
    if (row === undefined) {
      this.#putRow(id, key, VersionedRow.of(value, timestampMs, nextMs), timestampMs)
      return
    }
    if (row.nextMs <= timestampMs) row.addNewest(value, timestampMs, nextMs)
    else row.addOldest(value, timestampMs)
    this.#putRow(id, key, row, timestampMs)
  }

  /** The version that is valid at the put's time is in the row: the new one ends it, or takes its place. */
  #putIntoRow({ key, value, timestampMs }: Put, id: number, row: VersionedRow): number {
    const index = row.indexAt(timestampMs)
    const endMs = row.endOf(index)
    const current = row.versions[index]
    const version = { fromMs: timestampMs, value }
    if (current === undefined || current.fromMs === timestampMs) row.replace(index, version)
    else if (segmentIdOf(timestampMs, this.#spans) === id) row.insert(index, version)
    else {
      // It ends in the time of an older segment now.
      this.#endInSegment(key, current, timestampMs)
      row.replace(index, version)
    }
    this.#putRow(id, key, row, timestampMs)
    return endMs
  }

  #endInSegment(key: Uint8Array, { value, fromMs }: Version, endMs: number): void {
    const id = segmentIdOf(endMs, this.#spans)
    if (id < this.#firstSegment()) return
    const row = this.#row(id, key)
    if (row === undefined) {
      this.#putRow(id, key, VersionedRow.of(value, fromMs, endMs), endMs)
      return
    }
    row.addNewest(value, fromMs, endMs)
    this.#putRow(id, key, row, endMs)
  }

  #putLatest(key: Uint8Array, value: Uint8Array | null, timestampMs: number): void {
    if (value === null) {
      this.#buffer.put(latestKey(key), null, timestampMs)
      return
    }
    const stored = Buffer.allocUnsafe(TIMESTAMP_BYTES + value.length)
    writeTimestamp(stored, timestampMs, 0)
    stored.set(value, TIMESTAMP_BYTES)
    this.#buffer.put(latestKey(key), stored, timestampMs)
  }

  #row(segmentId: number, key: Uint8Array): VersionedRow | undefined {
    const stored = this.#buffer.get(segmentKey(segmentId, key))
    return stored === null ? undefined : VersionedRow.decode(stored)
  }

  #putRow(segmentId: number, key: Uint8Array, row: VersionedRow, timestampMs: number): void {
    this.#buffer.put(segmentKey(segmentId, key), row.encode(), timestampMs)
  }

  /** From the newest to that of the time. */
  *#segmentsFrom(timestampMs: number): Generator<number, undefined> {
    const { streamTimeMs } = this.#buffer.scalars
    const first = Math.max(segmentIdOf(timestampMs, this.#spans), this.#firstSegment())
    for (let id = segmentIdOf(streamTimeMs, this.#spans); id >= first; id--) yield id
  }

  #firstSegment(): number {
    return firstLiveSegment(this.#buffer.scalars.streamTimeMs, this.#spans)
  }
}

function latestKey(key: Uint8Array): Uint8Array {
  const stored = Buffer.allocUnsafe(key.length + 1)
  stored[0] = LATEST_LAYOUT
  stored.set(key, 1)
  return stored
}

function found(row: VersionedRow, index: number): FoundVersion | undefined {
  const version = row.versions[index]
  if (version === undefined || version.value === null) return undefined
  return { value: version.value, fromMs: version.fromMs, toMs: row.endOf(index) }
}
