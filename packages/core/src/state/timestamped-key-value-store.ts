import { NO_HEADERS } from '../record/headers.ts'
import type { Serde } from '../serde/serde.ts'
import type { TimestampedKeyValueStore, ValueAndTimestamp } from './key-value-store.ts'
import type { KeyValueStoreParts } from './plain-key-value-store.ts'
import type { StoreEnvironment } from './store-builder.ts'
import { type ChangelogCodec, keyValueChangelog, type StoreChangelog } from './store-changelog.ts'
import { encodeTimestamped, headersOf, timestampedValue, timestampOf } from './timestamped-value.ts'
import { TypedKeyValueStore, type ValueCodec } from './typed-key-value-store.ts'

/** The changelog holds the raw value; timestamp and headers are those of its record. */
export const timestampedCodec: ChangelogCodec = {
  changelogValue: timestampedValue,
  headers: headersOf,
  storedValue: (value, timestampMs, headers) =>
    encodeTimestamped(value, Math.max(timestampMs, 0), headers),
}

export const timestampedChangelog: StoreChangelog = keyValueChangelog(timestampedCodec)

/** Values with their timestamps and headers, which are those of the changelog records too. */
export function timestampedValues<V>(
  value: Serde<V>,
  { changelogTopic }: StoreEnvironment,
): ValueCodec<ValueAndTimestamp<V>> {
  return {
    encode: ({ value: plain, timestampMs, headers }) =>
      encodeTimestamped(value.serialize(plain, changelogTopic), timestampMs, headers),
    decode: (stored) => ({
      value: value.deserialize(timestampedValue(stored), changelogTopic),
      timestampMs: timestampOf(stored),
      headers: headersOf(stored),
    }),
    timestampMs: ({ timestampMs }) => timestampMs,
  }
}

export function createTimestampedKeyValueStore<K, V>(
  parts: KeyValueStoreParts<K, V>,
): TimestampedKeyValueStore<K, V> {
  const { name, key, value, environment } = parts
  const codec = timestampedValues(value, environment)
  return new TypedKeyValueStore({ name, key, environment, codec })
}

/** An entry as the operators of tables make it. */
export function valueAndTimestamp<V>(
  value: V,
  timestampMs: number,
  headers: ValueAndTimestamp<V>['headers'] = NO_HEADERS,
): ValueAndTimestamp<V> {
  return { value, timestampMs, headers }
}
