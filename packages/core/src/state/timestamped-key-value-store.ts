import { NO_HEADERS } from '../record/headers.ts'
import type { TimestampedKeyValueStore, ValueAndTimestamp } from './key-value-store.ts'
import type { KeyValueStoreParts } from './plain-key-value-store.ts'
import { type ChangelogCodec, keyValueChangelog, type StoreChangelog } from './store-changelog.ts'
import { encodeTimestamped, headersOf, timestampedValue, timestampOf } from './timestamped-value.ts'
import { TypedKeyValueStore } from './typed-key-value-store.ts'

/** The changelog holds the raw value; timestamp and headers are those of its record. */
export const timestampedCodec: ChangelogCodec = {
  changelogValue: timestampedValue,
  headers: headersOf,
  storedValue: (value, timestampMs, headers) =>
    encodeTimestamped(value, Math.max(timestampMs, 0), headers),
}

export const timestampedChangelog: StoreChangelog = keyValueChangelog(timestampedCodec)

export function createTimestampedKeyValueStore<K, V>(
  parts: KeyValueStoreParts<K, V>,
): TimestampedKeyValueStore<K, V> {
  const { value, environment } = parts
  const topic = environment.changelogTopic
  return new TypedKeyValueStore<K, ValueAndTimestamp<V>>({
    name: parts.name,
    key: parts.key,
    environment,
    codec: {
      encode: (entry) =>
        encodeTimestamped(value.serialize(entry.value, topic), entry.timestampMs, entry.headers),
      decode: (stored) => ({
        value: value.deserialize(timestampedValue(stored), topic),
        timestampMs: timestampOf(stored),
        headers: headersOf(stored),
      }),
      timestampMs: (entry) => entry.timestampMs,
    },
  })
}

/** An entry as the operators of tables make it. */
export function valueAndTimestamp<V>(
  value: V,
  timestampMs: number,
  headers: ValueAndTimestamp<V>['headers'] = NO_HEADERS,
): ValueAndTimestamp<V> {
  return { value, timestampMs, headers }
}
