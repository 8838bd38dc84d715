import { NO_HEADERS } from '../record/headers.ts'
import type { Serde } from '../serde/serde.ts'
import type { KeyValueStore } from './key-value-store.ts'
import type { StoreEnvironment } from './store-builder.ts'
import { type ChangelogCodec, keyValueChangelog, type StoreChangelog } from './store-changelog.ts'
import { TypedKeyValueStore, type ValueCodec } from './typed-key-value-store.ts'

export interface KeyValueStoreParts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly environment: StoreEnvironment
}

/** The stored bytes are the value's. */
export const plainCodec: ChangelogCodec = {
  changelogValue: (stored) => stored,
  headers: () => NO_HEADERS,
  storedValue: (value) => value,
}

export const plainChangelog: StoreChangelog = keyValueChangelog(plainCodec)

/** Values as their serde has them; the changelog records are at the time of the record being processed. */
export function plainValues<V>(value: Serde<V>, environment: StoreEnvironment): ValueCodec<V> {
  const topic = environment.changelogTopic
  return {
    encode: (v) => value.serialize(v, topic),
    decode: (stored) => value.deserialize(stored, topic),
    timestampMs: () => environment.currentTimestampMs(),
  }
}

export function createPlainKeyValueStore<K, V>(
  parts: KeyValueStoreParts<K, V>,
): KeyValueStore<K, V> {
  const { name, key, value, environment } = parts
  return new TypedKeyValueStore({ name, key, environment, codec: plainValues(value, environment) })
}
