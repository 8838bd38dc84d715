import { changeSerde } from '../serde/change-serde.ts'
import type { Serde } from '../serde/serde.ts'
import { serdes } from '../serde/serdes.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { Operator, PlanNode, ProcessorPlan, RepartitionPlan } from '../topology/plan-node.ts'
import { type Dsl, serdeOf } from './dsl.ts'
import type { KTable } from './ktable.ts'
import type { TableStoreBuilder } from './operators/stored-table.ts'
import type { Aggregator, Initializer } from './operators/stream-aggregate.ts'
import type { Reducer } from './operators/stream-reduce.ts'
import { tableAggregate } from './operators/table-aggregate.ts'
import { tableReduce } from './operators/table-reduce.ts'
import { tableStore, type TableStoreOptions } from './store-options.ts'

/** Options of `KGroupedTable.reduce`. */
export interface TableReduceOptions<K, V> extends TableStoreOptions<K, V> {
  /** What the group has with a row more; null deletes it. */
  readonly adder: Reducer<V>
  /** What the group has with a row less; null deletes it. */
  readonly subtractor: Reducer<V>
}

/** Options of `KGroupedTable.aggregate`. */
export interface TableAggregateOptions<K, V, A> extends TableStoreOptions<K, A> {
  /** The aggregate of a group that has none. */
  readonly init: Initializer<A>
  /** The aggregate with a row more; null deletes it. */
  readonly adder: Aggregator<K, V, A>
  /** The aggregate with a row less; null deletes it. */
  readonly subtractor: Aggregator<K, V, A>
}

interface GroupedTableState<K, V> {
  readonly node: PlanNode
  readonly key: Serde<K> | undefined
  readonly value: Serde<V> | undefined
  readonly sources: ReadonlySet<string>
  readonly name: string | undefined
}

interface Aggregation<K, A> {
  readonly prefix: string
  readonly value: Serde<A> | undefined
  readonly options: TableStoreOptions<K, A>
  readonly operator: (
    store: TableStoreBuilder<K, A>,
    sendOldValues: boolean,
  ) => ReturnType<Operator>
}

const AGGREGATE = 'KTABLE-AGGREGATE-'

/**
 * A table grouped anew: what aggregations over its rows start from (Kafka Streams: `KGroupedTable`).
 *
 * A change of a row is taken out of its old group before it is added to its new one. Results are
 * always stored; their timestamp is the largest one that went in, their headers those of the last change.
 */
export class KGroupedTable<K, V> {
  readonly #dsl: Dsl
  readonly #state: GroupedTableState<K, V>

  /** @internal */
  constructor(dsl: Dsl, state: GroupedTableState<K, V>) {
    this.#dsl = dsl
    const { key, value } = state
    this.#state = {
      ...state,
      key: serdeOf(dsl, 'key', key),
      value: serdeOf(dsl, 'value', value),
    }
  }

  /** The number of rows in each group, an 8-byte integer in store and changelog. */
  count(options: TableStoreOptions<K, number> = {}): KTable<K, number> {
    return this.#aggregate<number>({
      prefix: AGGREGATE,
      value: options.value ?? serdes.long,
      options,
      operator: (store, sendOldValues) =>
        tableAggregate<K, V, number>({ ...COUNT, store, sendOldValues }),
    })
  }

  /** Combines the values of a group; the first one is kept as it is. */
  reduce(options: TableReduceOptions<K, V>): KTable<K, V> {
    const { adder, subtractor } = options
    return this.#aggregate<V>({
      prefix: 'KTABLE-REDUCE-',
      value: options.value ?? this.#state.value,
      options,
      operator: (store, sendOldValues) =>
        tableReduce<K, V>({ adder, subtractor, store, sendOldValues }),
    })
  }

  /** Keeps an aggregate of a group: `init()` for a new one, then `subtractor` and `adder` for each change. */
  aggregate<A>(options: TableAggregateOptions<K, V, A>): KTable<K, A> {
    const { init, adder, subtractor } = options
    return this.#aggregate<A>({
      prefix: AGGREGATE,
      value: serdeOf(this.#dsl, 'value', options.value),
      options,
      operator: (store, sendOldValues) =>
        tableAggregate<K, V, A>({ init, adder, subtractor, store, sendOldValues }),
    })
  }

  #aggregate<A>({ prefix, value, options, operator }: Aggregation<K, A>): KTable<K, A> {
    const { plan } = this.#dsl
    const { key = this.#state.key } = options
    const storeName = options.store ?? plan.newStoreName(AGGREGATE) // also for reduce, as in Java
    const repartition = this.#repartition(storeName, options.name)
    const name = plan.nameOr(options.name, prefix)
    const input =
      this.#state.name === undefined
        ? plan.append(repartition)
        : plan.appendShared(this, () => repartition)
    const store = tableStore(storeName, { key, value }, options)
    const table = { kind: 'aggregate', store } as const
    const node = plan.append<ProcessorPlan & { readonly table: typeof table }>({
      kind: 'processor',
      name,
      parents: [input],
      operator: ({ sendsOldValues }) => operator(store.builder, sendsOldValues),
      stores: [],
      uses: [],
      table,
      changes: 'value',
    })
    const sources = new Set([input.sourceName])
    return this.#dsl.table<K, A>({ node, key, value, sources, queryableStoreName: options.store })
  }

  /** Sink and source of the changes; grouping has let no null key through. */
  #repartition(store: string, name: string | undefined): RepartitionPlan {
    const { plan } = this.#dsl
    const { node, key, value } = this.#state
    const sink = plan.newName('KSTREAM-SINK-')
    const source = plan.newName('KSTREAM-SOURCE-')
    const sourceName = name === undefined ? source : `${name}-source`
    return {
      kind: 'repartition',
      name: sourceName,
      parents: [node],
      topic: `${this.#state.name ?? store}-repartition`,
      filterName: undefined,
      sinkName: name === undefined ? sink : `${name}-sink`,
      sourceName,
      keySerde: key ?? missingSerde,
      valueSerde: value === undefined ? missingSerde : changeSerde(value),
      partitions: undefined,
      partitioner: undefined,
      optimizable: false,
    }
  }
}

const COUNT = {
  init: (): number => 0,
  adder: (_key: unknown, _value: unknown, count: number): number => count + 1,
  subtractor: (_key: unknown, _value: unknown, count: number): number => count - 1,
}
