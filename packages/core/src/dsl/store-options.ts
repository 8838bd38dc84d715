import { keyValueRows } from '../processor/stored-rows.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { Serde } from '../serde/serde.ts'
import type { TimestampedKeyValueStore } from '../state/key-value-store.ts'
import type { StoreBuilder, StoreOptions } from '../state/store-builder.ts'
import { stores } from '../state/stores.ts'
import { createTimestampedKeyValueStore } from '../state/timestamped-key-value-store.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { NamedOptions, SerdeOptions } from './dsl.ts'

/**
 * How a table is kept (Kafka Streams: `Materialized`). Name the store of everything stateful: a
 * generated name changes with the operators before it, and then the state seems lost.
 */
export interface TableStoreOptions<K, V> extends NamedOptions, SerdeOptions<K, V>, StoreOptions {
  /** The store's name. Makes the table queryable; the changelog is `<application>-<store>-changelog`. */
  readonly store?: string
  /**
   * False: each update is forwarded at once. True: updates of a key are held back, and the last one is
   * forwarded at the next commit, or earlier when the caches of the process hold more than `cacheMaxBytes`
   * (Kafka Streams: `Materialized.withCachingDisabled`). @defaultValue true
   */
  readonly caching?: boolean
}

export interface TableStoreParts<K, V> {
  readonly builder: StoreBuilder<TimestampedKeyValueStore<K, V>>
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
  readonly rows: ValueGetterSupplier<K, V>
}

/** The store of a table. A serde that is missing makes `build()` fail only if the store is used. */
export function tableStore<K, V>(
  name: string,
  serdes: { readonly key: Serde<K> | undefined; readonly value: Serde<V> | undefined },
  { logging, topicConfig, caching = true }: StoreOptions & { readonly caching?: boolean },
): TableStoreParts<K, V> {
  const keySerde = serdes.key ?? missingSerde
  const valueSerde = serdes.value ?? missingSerde
  const described = stores.timestampedKeyValue<K, V>(name, {
    key: keySerde,
    value: valueSerde,
    ...(logging === undefined ? {} : { logging }),
    ...(topicConfig === undefined ? {} : { topicConfig }),
  })
  const builder: StoreBuilder<TimestampedKeyValueStore<K, V>> = {
    ...described,
    caching,
    build: (environment) =>
      createTimestampedKeyValueStore({
        name,
        key: keySerde,
        value: valueSerde,
        environment,
        // Keys of a table were decoded in its sub-topology: what changes one is followed by a repartition topic.
        keysAreWhole: true,
      }),
  }
  return { builder, keySerde, valueSerde, rows: keyValueRows(builder) }
}

/**
 * True when the options say anything about the store, which in Java takes a `Materialized`. Some
 * operators use up one more number then, and so must this library.
 */
export function saysMaterialized(options: TableStoreOptions<unknown, unknown>): boolean {
  const { store, key, value, logging, caching, topicConfig } = options
  return [store, key, value, logging, caching, topicConfig].some((option) => option !== undefined)
}
