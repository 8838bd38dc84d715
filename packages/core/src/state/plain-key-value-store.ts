import { NO_HEADERS } from '../record/headers.ts'
import { exactValueTest } from '../serde/exact-values.ts'
import type { Serde } from '../serde/serde.ts'
import type { RowEncoder } from './buffered-write.ts'
import type { KeyValueStore } from './key-value-store.ts'
import type { StoreEnvironment } from './store-builder.ts'
import { type ChangelogCodec, keyValueChangelog, type StoreChangelog } from './store-changelog.ts'
import type { PrimitiveRows, ValueCodec } from './buffered-rows.ts'
import { TypedKeyValueStore } from './typed-key-value-store.ts'

export interface KeyValueStoreParts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly environment: StoreEnvironment
  /** See {@link TypedKeyValueStore}. */
  readonly keysAreWhole?: boolean
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
    primitives: plainPrimitives(value, environment),
    encode: (v) => value.serialize(v, topic),
    decode: (stored) => value.deserialize(stored, topic),
    timestampMs: () => environment.currentTimestampMs(),
  }
}

function plainPrimitives<V>(
  serde: Serde<V>,
  environment: StoreEnvironment,
): PrimitiveRows<V> | undefined {
  const isExact = exactValueTest(serde)
  if (isExact === undefined) return undefined
  // A value of V is what keep() was given.
  const encode: RowEncoder = (value) => serde.serialize(value as V, environment.changelogTopic)
  return {
    fits: isExact,
    keep(value, write) {
      write.setPrimitive(value, environment.currentTimestampMs(), NO_HEADERS, encode)
    },
    rowOf: ({ primitive }) => primitive as V,
  }
}

export function createPlainKeyValueStore<K, V>(
  parts: KeyValueStoreParts<K, V>,
): KeyValueStore<K, V> {
  const { name, key, value, environment } = parts
  return new TypedKeyValueStore({ name, key, environment, codec: plainValues(value, environment) })
}
