import { assert } from '../base/assert.ts'
import type { Serde } from '../serde/serde.ts'
import type { StoreEnvironment } from './store-builder.ts'
import { type FoundVersion, VersionedEntries, type VersionedSpans } from './versioned-entries.ts'
import type {
  PutResult,
  VersionedKeyValueStore,
  VersionedRecord,
  VersionOrder,
} from './versioned-store.ts'

export interface TypedVersionedStoreParts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly spans: VersionedSpans
  readonly logging: boolean
  readonly environment: StoreEnvironment
}

/** Versions with their serdes, over the bytes of the transaction buffer. */
export class TypedVersionedStore<K, V> implements VersionedKeyValueStore<K, V> {
  readonly name: string
  readonly #parts: TypedVersionedStoreParts<K, V>
  readonly #topic: string
  readonly #entries: VersionedEntries

  constructor(parts: TypedVersionedStoreParts<K, V>) {
    this.name = parts.name
    this.#parts = parts
    this.#topic = parts.environment.changelogTopic
    this.#entries = new VersionedEntries(parts.environment.buffer, parts.spans)
  }

  put(key: K, value: V | null, timestampMs: number): PutResult {
    assertTimestamp(timestampMs)
    const stored = value === null ? null : this.#parts.value.serialize(value, this.#topic)
    return this.#put(this.#bytesOf(key), stored, timestampMs)
  }

  delete(key: K, timestampMs: number): VersionedRecord<V> | null {
    assertTimestamp(timestampMs)
    const keyBytes = this.#bytesOf(key)
    if (timestampMs < this.#entries.historyStartMs) return null
    const before = this.#entries.at(keyBytes, timestampMs)
    this.#put(keyBytes, null, timestampMs)
    return this.#record(before)
  }

  get(key: K, asOfMs?: number): VersionedRecord<V> | null {
    const keyBytes = this.#bytesOf(key)
    if (asOfMs === undefined) return this.#record(this.#entries.latest(keyBytes))
    return this.#record(this.#entries.at(keyBytes, asOfMs))
  }

  getVersions(
    key: K,
    fromMs: number,
    toMs: number,
    order: VersionOrder = 'descending',
  ): IterableIterator<VersionedRecord<V>> {
    const found = this.#entries.between(this.#bytesOf(key), fromMs, toMs)
    const versions = found.map((version) => this.#decoded(version))
    return (order === 'ascending' ? versions.reverse() : versions).values()
  }

  #put(key: Uint8Array, value: Uint8Array | null, timestampMs: number): PutResult {
    const result = this.#entries.put({ key, value, timestampMs })
    if (result === 'not-put' || !this.#parts.logging) return result
    const { buffer } = this.#parts.environment
    buffer.log({ key, value, timestampMs })
    if (result === 'latest') return result
    // Compaction keeps the record of a key that was written last: it must be that of the newest version.
    const newest = this.#entries.newest(key)
    if (newest !== undefined) {
      buffer.log({ key, value: newest.value, timestampMs: newest.fromMs })
    }
    return result
  }

  #record(found: FoundVersion | undefined): VersionedRecord<V> | null {
    return found === undefined ? null : this.#decoded(found)
  }

  #decoded({ value, fromMs, toMs }: FoundVersion): VersionedRecord<V> {
    const decoded = this.#parts.value.deserialize(value, this.#topic)
    return { value: decoded, timestampMs: fromMs, validToMs: toMs }
  }

  #bytesOf(key: K): Uint8Array {
    return this.#parts.key.serialize(key, this.#topic)
  }
}

function assertTimestamp(timestampMs: number): void {
  assert(Number.isSafeInteger(timestampMs) && timestampMs >= 0, `no timestamp: ${timestampMs}`)
}
