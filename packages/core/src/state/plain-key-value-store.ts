import { NO_HEADERS } from '../record/headers.ts'
import type { Serde } from '../serde/serde.ts'
import type { KeyValueStore } from './key-value-store.ts'
import type { StoreEnvironment } from './store-builder.ts'
import { type ChangelogCodec, keyValueChangelog, type StoreChangelog } from './store-changelog.ts'
import { TypedKeyValueStore } from './typed-key-value-store.ts'

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

export function createPlainKeyValueStore<K, V>(
  parts: KeyValueStoreParts<K, V>,
): KeyValueStore<K, V> {
  const { value, environment } = parts
  const topic = environment.changelogTopic
  return new TypedKeyValueStore<K, V>({
    name: parts.name,
    key: parts.key,
    environment,
    codec: {
      encode: (v) => value.serialize(v, topic),
      decode: (stored) => value.deserialize(stored, topic),
      timestampMs: () => environment.currentTimestampMs(),
    },
  })
}
