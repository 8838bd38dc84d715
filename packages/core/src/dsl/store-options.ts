import type { Serde } from '../serde/serde.ts'
import type { TimestampedKeyValueStore } from '../state/key-value-store.ts'
import type { StoreBuilder, StoreOptions } from '../state/store-builder.ts'
import { stores } from '../state/stores.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { NamedOptions, SerdeOptions } from './dsl.ts'

/**
 * How a table is kept (Kafka Streams: `Materialized`). Name the store of everything stateful: a
 * generated name changes with the operators before it, and then the state seems lost.
 */
export interface TableStoreOptions<K, V> extends NamedOptions, SerdeOptions<K, V>, StoreOptions {
  /** The store's name. Makes the table queryable; the changelog is `<application>-<store>-changelog`. */
  readonly store?: string
}

export interface TableStoreParts<K, V> {
  readonly builder: StoreBuilder<TimestampedKeyValueStore<K, V>>
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
}

/** The store of a table. A serde that is missing makes `build()` fail only if the store is used. */
export function tableStore<K, V>(
  name: string,
  serdes: { readonly key: Serde<K> | undefined; readonly value: Serde<V> | undefined },
  { logging, topicConfig }: StoreOptions,
): TableStoreParts<K, V> {
  const keySerde = serdes.key ?? missingSerde
  const valueSerde = serdes.value ?? missingSerde
  const builder = stores.timestampedKeyValue<K, V>(name, {
    key: keySerde,
    value: valueSerde,
    ...(logging === undefined ? {} : { logging }),
    ...(topicConfig === undefined ? {} : { topicConfig }),
  })
  return { builder, keySerde, valueSerde }
}

/**
 * True when the options say anything about the store, which in Java takes a `Materialized`. Some
 * operators use up one more number then, and so must this library.
 */
export function saysMaterialized(options: TableStoreOptions<unknown, unknown>): boolean {
  const { store, key, value, logging, topicConfig } = options
  return [store, key, value, logging, topicConfig].some((option) => option !== undefined)
}
