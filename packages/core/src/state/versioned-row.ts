import { assert } from '../base/assert.ts'
import { asBuffer } from '../base/bytes.ts'
import { readTimestamp, writeTimestamp } from '../base/timestamp-bytes.ts'

/** A version of a key; a null value is a tombstone. */
export interface Version {
  readonly fromMs: number
  readonly value: Uint8Array | null
}

const TIMESTAMP_BYTES = 8
const HEADER_BYTES = 2 * TIMESTAMP_BYTES
const ENTRY_BYTES = TIMESTAMP_BYTES + 4
const TOMBSTONE_LENGTH = -1

/**
 * The versions of one key whose validity ended in the time of one segment (Kafka Streams:
 * `RocksDBVersionedStoreSegmentValueFormatter`).
 *
 * Stored form: next(8) + min(8) + entries newest first [from(8) + length(4), -1 = tombstone] + values
 * oldest first. `next` is when the newest version ends, `min` when the oldest begins. No number of
 * entries: the last one is that which begins at `min`.
 *
 * A degenerate row is a tombstone that ends when it begins: it keeps the time of a deletion where no
 * version was there to be ended.
 */
export class VersionedRow {
  #nextMs: number
  /** Newest first, never empty. */
  readonly #versions: Version[]

  private constructor(nextMs: number, versions: Version[]) {
    this.#nextMs = nextMs
    this.#versions = versions
  }

  static of(value: Uint8Array | null, fromMs: number, toMs: number): VersionedRow {
    return new VersionedRow(toMs, [{ fromMs, value }])
  }

  static decode(stored: Uint8Array): VersionedRow {
    const bytes = asBuffer(stored)
    const minMs = readTimestamp(bytes, TIMESTAMP_BYTES)
    const versions: Version[] = []
    let end = bytes.length
    for (let at = HEADER_BYTES; ; at += ENTRY_BYTES) {
      const fromMs = readTimestamp(bytes, at)
      const length = bytes.readInt32BE(at + TIMESTAMP_BYTES)
      const value = length < 0 ? null : bytes.subarray(end - length, end)
      if (length > 0) end -= length
      versions.push({ fromMs, value })
      if (fromMs === minMs) break
    }
    return new VersionedRow(readTimestamp(bytes, 0), versions)
  }

  get nextMs(): number {
    return this.#nextMs
  }

  get minMs(): number {
    return this.#versions.at(-1)?.fromMs ?? 0
  }

  /** Newest first. */
  get versions(): readonly Version[] {
    return this.#versions
  }

  /** When the version ends that has this index. */
  endOf(index: number): number {
    return index === 0 ? this.#nextMs : (this.#versions[index - 1]?.fromMs ?? 0)
  }

  /** The index of the version that is valid at a time between {@link minMs} and {@link nextMs}. */
  indexAt(timestampMs: number): number {
    return this.#versions.findIndex(({ fromMs }) => fromMs <= timestampMs)
  }

  /** Adds one that is newer than all others. A gap before it is one of deletion. */
  addNewest(value: Uint8Array | null, fromMs: number, toMs: number): void {
    // Segments and the latest value are changed in one step, so they cannot contradict each other.
    assert(fromMs >= this.#nextMs, `a version from ${fromMs} in a row until ${this.#nextMs}`)
    const gapMs = this.#nextMs
    if (this.#isDegenerate) this.#versions.length = 0
    if (gapMs !== fromMs) this.#versions.unshift({ fromMs: gapMs, value: null })
    this.#versions.unshift({ fromMs, value })
    this.#nextMs = toMs
  }

  /** Adds one that begins before all others, and ends when the first of them begins. */
  addOldest(value: Uint8Array | null, fromMs: number): void {
    if (this.#isDegenerate) this.#versions.length = 0
    this.#versions.push({ fromMs, value })
  }

  /** Puts one in front of the version with this index, which ends when the new one begins. */
  insert(index: number, version: Version): void {
    this.#versions.splice(index, 0, version)
  }

  replace(index: number, version: Version): void {
    this.#versions[index] = version
  }

  encode(): Uint8Array {
    const versions = this.#versions
    let length = HEADER_BYTES + versions.length * ENTRY_BYTES
    for (const { value } of versions) length += value?.length ?? 0
    const stored = Buffer.allocUnsafe(length)
    writeTimestamp(stored, this.#nextMs, 0)
    writeTimestamp(stored, this.minMs, TIMESTAMP_BYTES)
    let at = HEADER_BYTES
    let end = length
    for (const { fromMs, value } of versions) {
      writeTimestamp(stored, fromMs, at)
      stored.writeInt32BE(value?.length ?? TOMBSTONE_LENGTH, at + TIMESTAMP_BYTES)
      at += ENTRY_BYTES
      if (value === null) continue
      end -= value.length
      stored.set(value, end)
    }
    return stored
  }

  get #isDegenerate(): boolean {
    return this.#nextMs === this.minMs
  }
}
