import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import type { Serde } from '../serde/serde.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { BuildOptions } from '../topology/build-options.ts'
import { compile } from '../topology/compile.ts'
import { consumed } from '../topology/consumed-options.ts'
import { Plan } from '../topology/plan.ts'
import type { SourcePlan } from '../topology/plan-node.ts'
import type { Topology } from '../topology/topology-node.ts'
import { type Dsl, serdeOf } from './dsl.ts'
import { GlobalKTable } from './global-ktable.ts'
import {
  addGlobalStore,
  globalTable,
  type GlobalStoreOptions,
  type GlobalTableOptions,
} from './global-stores.ts'
import { KStream } from './kstream.ts'
import { KTable } from './ktable.ts'
import { tableSource } from './operators/table-source.ts'
import { addReadOnlyStateStore, type ReadOnlyStateStoreOptions } from './read-only-state-store.ts'
import type { SourceOptions } from './source-options.ts'
import { tableStore, type TableStoreOptions } from './store-options.ts'

/** Options of a `StreamsBuilder`. */
export interface StreamsBuilderOptions {
  /**
   * For keys that no serde is given for, as those of the view of a join are not. It has to be able to do any value
   * that comes to it, as `serdes.json()` is (Kafka Streams: `default.key.serde`).
   * @defaultValue none: `build()` names the operators that lack one
   */
  readonly defaultKeySerde?: Serde<unknown>
  /** The same for values (Kafka Streams: `default.value.serde`). @defaultValue none */
  readonly defaultValueSerde?: Serde<unknown>
}

/** Options of `StreamsBuilder.table` (Kafka Streams: `Consumed` and `Materialized`). */
export type TableSourceOptions<K, V> = SourceOptions<K, V> &
  DroppedOptions<K, V> &
  Pick<TableStoreOptions<K, V>, 'store' | 'versioned' | 'logging' | 'caching' | 'topicConfig'>

/**
 * Where a topology begins. Sources and operators append to one plan, which `build()` checks and
 * compiles. Not kept: the objects of one builder cannot be mixed with those of another.
 */
export class StreamsBuilder {
  readonly #plan = new Plan()
  readonly #dsl: Dsl

  constructor({ defaultKeySerde, defaultValueSerde }: StreamsBuilderOptions = {}) {
    const dsl: Dsl = {
      plan: this.#plan,
      defaults: { key: defaultKeySerde, value: defaultValueSerde },
      stream: (state) => new KStream(dsl, withDefaults(dsl, state)),
      table: (state) => new KTable(dsl, withDefaults(dsl, state)),
    }
    this.#dsl = dsl
  }

  /**
   * The records of one or more topics, or of all topics whose whole name matches a pattern.
   * Several topics share one sub-topology; there is no order between them. Calls with the same
   * topics share one source, with the options of the first.
   */
  stream<K, V>(
    topics: string | readonly string[] | RegExp,
    options: SourceOptions<K, V> & DroppedOptions<K, V>,
  ): KStream<K, V> {
    const node = this.#plan.append<SourcePlan>({
      kind: 'source',
      name: this.#plan.nameOr(options.name, 'KSTREAM-SOURCE-'),
      parents: [],
      topics: topicsOf(topics),
      ...consumed(options),
    })
    const { key, value } = options
    const sources = new Set([node.name])
    tellDropped(this.#dsl, options, { node, key, sources })
    return this.#dsl.stream({ node, key, value, needsRepartition: false, sources })
  }

  /**
   * A topic as a table: each record is an upsert, a null value deletes, a null key is dropped and
   * counted. Stored when `store` names it or when something downstream needs its rows; a record older
   * than the row is applied all the same, unless the table is `versioned` (Kafka Streams: `KTableSource`).
   */
  table<K, V>(topic: string, options: TableSourceOptions<K, V>): KTable<K, V> {
    const plan = this.#plan
    const { key, value } = options
    const named = options.store !== undefined || options.versioned !== undefined
    const store = tableStore(
      options.store ?? plan.newStoreName(`${topic}-`),
      { key, value },
      options,
    )
    const generated = plan.newName('KSTREAM-SOURCE-')
    const sourceName = options.name === undefined ? generated : `${options.name}-source`
    const node = plan.append({
      kind: 'table-source',
      name: plan.nameOr(options.name, 'KTABLE-SOURCE-'),
      parents: [],
      source: { name: sourceName, topics: [topic], ...consumed(options) },
      table: { kind: 'source', store, named },
      operator: ({ isStored, sendsOldValues }) =>
        tableSource({ store: isStored ? store.builder : undefined, sendOldValues: sendsOldValues }),
    })
    const sources = new Set([sourceName])
    tellDropped(this.#dsl, options, { node, by: [[sourceName], [node.name]], key, sources })
    return this.#dsl.table({ node, key, value, sources, queryableStoreName: options.store })
  }

  /**
   * A topic as a table that every member reads whole, before it processes anything and while it runs:
   * see {@link GlobalKTable}. Always stored; a null value deletes, a null key is dropped and counted.
   */
  globalTable<K, V>(topic: string, options: GlobalTableOptions<K, V>): GlobalKTable<K, V> {
    return new GlobalKTable(this.#dsl, globalTable(this.#dsl, topic, options))
  }

  /**
   * A topic that every member reads whole, into a store that `options.processor` writes. Every processor of
   * the topology can read the store with `getStateStore`, and none can write to it. It needs no changelog:
   * the topic is read again, from where the store is.
   */
  addGlobalStore<K, V>(
    store: StoreBuilder,
    topic: string,
    options: GlobalStoreOptions<K, V>,
  ): this {
    addGlobalStore(this.#dsl, store, topic, options)
    return this
  }

  /**
   * A topic in a store that `options.processor` writes, and whose changelog it is: no other one is made, and the
   * store is restored from there (KIP-813). Give `store` to the `stores` of the processors that read it; they share
   * its tasks, so their topics must be partitioned as this one is.
   */
  addReadOnlyStateStore<K, V>(
    store: StoreBuilder,
    topic: string,
    options: ReadOnlyStateStoreOptions<K, V>,
  ): this {
    addReadOnlyStateStore(this.#dsl, store, topic, options)
    return this
  }

  /** Announces a store, so that `process` can be given its name. Giving the builder itself needs no announcement. */
  addStateStore(store: StoreBuilder): this {
    this.#plan.append({ kind: 'store', name: store.name, parents: [], store })
    return this
  }

  /**
   * The topology of everything said so far. Later calls on the builder do not change it.
   *
   * @throws MillraceError `MR_TOPOLOGY` that lists every problem with the name of its operator:
   * missing serdes, names twice, topics read twice, unknown stores…
   */
  build(options: BuildOptions = {}): Topology {
    return compile(this.#plan, options)
  }
}

function withDefaults<
  S extends {
    readonly key: Serde<unknown> | undefined
    readonly value: Serde<unknown> | undefined
  },
>(dsl: Dsl, state: S): S {
  const { key, value } = state
  return { ...state, key: serdeOf(dsl, 'key', key), value: serdeOf(dsl, 'value', value) }
}

/** A copy: the caller's list may change later. */
function topicsOf(topics: string | readonly string[] | RegExp): readonly string[] | RegExp {
  if (topics instanceof RegExp) return topics
  return Object.freeze(typeof topics === 'string' ? [topics] : [...topics])
}
