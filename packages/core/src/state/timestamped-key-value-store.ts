import { NO_HEADERS } from '../record/headers.ts'
import { exactValueTest } from '../serde/exact-values.ts'
import type { Serde } from '../serde/serde.ts'
import type { RowEncoder } from './buffered-write.ts'
import type { TimestampedKeyValueStore, ValueAndTimestamp } from './key-value-store.ts'
import type { KeyValueStoreParts } from './plain-key-value-store.ts'
import type { StoreEnvironment } from './store-builder.ts'
import { type ChangelogCodec, keyValueChangelog, type StoreChangelog } from './store-changelog.ts'
import { encodeTimestamped, headersOf, timestampedValue, timestampOf } from './timestamped-value.ts'
import type { PrimitiveRows, ValueCodec } from './buffered-rows.ts'
import { TypedKeyValueStore } from './typed-key-value-store.ts'

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
    primitives: timestampedPrimitives(value, changelogTopic),
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

function timestampedPrimitives<V>(
  serde: Serde<V>,
  topic: string,
): PrimitiveRows<ValueAndTimestamp<V>> | undefined {
  const isExact = exactValueTest(serde)
  if (isExact === undefined) return undefined
  // A value of V is what keep() was given.
  const encode: RowEncoder = (value, timestampMs, headers) =>
    encodeTimestamped(serde.serialize(value as V, topic), timestampMs, headers)
  return {
    fits: ({ value, timestampMs }) => isExact(value) && Number.isSafeInteger(timestampMs),
    keep({ value, timestampMs, headers }, write) {
      write.setPrimitive(value, timestampMs, headers, encode)
    },
    rowOf: ({ primitive, timestampMs, headers }) => ({
      value: primitive as V,
      timestampMs,
      headers,
    }),
  }
}

export function createTimestampedKeyValueStore<K, V>(
  parts: KeyValueStoreParts<K, V>,
): TimestampedKeyValueStore<K, V> {
  const { value, ...rest } = parts
  const codec = timestampedValues(value, parts.environment)
  return new TypedKeyValueStore({ ...rest, codec })
}

/** An entry as the operators of tables make it. */
export function valueAndTimestamp<V>(
  value: V,
  timestampMs: number,
  headers: ValueAndTimestamp<V>['headers'] = NO_HEADERS,
): ValueAndTimestamp<V> {
  return { value, timestampMs, headers }
}
