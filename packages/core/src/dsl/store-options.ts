import type { Duration } from '../base/duration.ts'
import { keyValueRows, versionedRows } from '../processor/stored-rows.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { Serde } from '../serde/serde.ts'
import { storedForm } from '../serde/stored-form.ts'
import type { TimestampedKeyValueStore } from '../state/key-value-store.ts'
import type { StoreBuilder, StoreOptions } from '../state/store-builder.ts'
import { type KeyValueStoreOptions, stores } from '../state/stores.ts'
import { createTimestampedKeyValueStore } from '../state/timestamped-key-value-store.ts'
import type { VersionedStoreOptions } from '../state/versioned-store-builder.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { NamedOptions, SerdeOptions } from './dsl.ts'
import type { TableStoreBuilder } from './operators/stored-table.ts'

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
  /**
   * Keeps the versions of each row for this long behind the highest timestamp that the table has seen: the history
   * retention of a versioned store (KIP-889, KIP-914). The table is stored then, without a cache.
   *
   * Updates count by their timestamps, not by the order in which they come: joins, groupings and reads see the
   * latest version, and a stream may be joined with the version of its own time. An update that is older than
   * the history is dropped and counted.
   */
  readonly versioned?: Duration | VersionedHistory
}

/** The history of a versioned table, with how it is kept. */
export interface VersionedHistory {
  readonly history: Duration
  /** As {@link VersionedStoreOptions.deletionsInPlace}. @defaultValue 'kept' */
  readonly deletionsInPlace?: VersionedStoreOptions<unknown, unknown>['deletionsInPlace']
}

export interface TableStoreParts<K, V> {
  readonly builder: TableStoreBuilder<K, V>
  readonly isVersioned: boolean
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
  readonly rows: ValueGetterSupplier<K, V>
}

/** The store of a table. A serde that is missing makes `build()` fail only if the store is used. */
export function tableStore<K, V>(
  name: string,
  serdes: { readonly key: Serde<K> | undefined; readonly value: Serde<V> | undefined },
  options: KeepOptions,
): TableStoreParts<K, V> {
  const keySerde = serdes.key ?? missingSerde
  const valueSerde = serdes.value ?? missingSerde
  const { logging, topicConfig, versioned } = options
  const described = {
    key: keySerde,
    value: storedForm(valueSerde),
    ...(logging === undefined ? {} : { logging }),
    ...(topicConfig === undefined ? {} : { topicConfig }),
  }
  if (versioned !== undefined) {
    const builder = stores.versionedKeyValue<K, V>(name, {
      ...described,
      ...historyOptions(versioned),
    })
    return { builder, isVersioned: true, keySerde, valueSerde, rows: versionedRows(builder) }
  }
  const builder = latestRows<K, V>(name, described, options.caching)
  return { builder, isVersioned: false, keySerde, valueSerde, rows: keyValueRows(builder) }
}

function historyOptions(
  versioned: Duration | VersionedHistory,
): Pick<VersionedStoreOptions<unknown, unknown>, 'historyRetention' | 'deletionsInPlace'> {
  if (typeof versioned !== 'object') return { historyRetention: versioned }
  const { history, deletionsInPlace = 'kept' } = versioned
  return { historyRetention: history, deletionsInPlace }
}

type KeepOptions = StoreOptions & Pick<TableStoreOptions<unknown, unknown>, 'caching' | 'versioned'>

/** A store of the latest row of each key. */
export function latestRows<K, V>(
  name: string,
  options: KeyValueStoreOptions<K, V>,
  caching = true,
): StoreBuilder<TimestampedKeyValueStore<K, V>> {
  const { key, value } = options
  return {
    ...stores.timestampedKeyValue<K, V>(name, options),
    caching,
    build: (environment) =>
      createTimestampedKeyValueStore({
        name,
        key,
        value,
        environment,
        // Keys of a table were decoded in its sub-topology: what changes one is followed by a repartition topic.
        keysAreWhole: true,
      }),
  }
}

/**
 * True when the options say anything about the store, which in Java takes a `Materialized`. Some
 * operators use up one more number then, and so must this library.
 */
export function saysMaterialized(options: TableStoreOptions<unknown, unknown>): boolean {
  const { store, key, value, logging, caching, topicConfig, versioned } = options
  return [store, key, value, logging, caching, topicConfig, versioned].some(
    (option) => option !== undefined,
  )
}
