import { serdes } from '../serde/serdes.ts'
import type { Serde } from '../serde/serde.ts'
import type { SessionWindows } from '../time/session-windows.ts'
import type { TimeWindows } from '../time/windows.ts'
import type { Operator, ProcessorPlan } from '../topology/plan-node.ts'
import { Cogroup } from './cogroup.ts'
import { CogroupedKStream } from './cogrouped-kstream.ts'
import { CountWindowedKStream, type CountWindows } from './count-windowed-kstream.ts'
import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import { type Dsl, serdeOf, type StreamState } from './dsl.ts'
import type { KTable } from './ktable.ts'
import type { TableStoreBuilder } from './operators/stored-table.ts'
import { type Aggregator, type Initializer, streamAggregate } from './operators/stream-aggregate.ts'
import { type Reducer, streamReduce } from './operators/stream-reduce.ts'
import { SessionWindowedKStream } from './session-windowed-kstream.ts'
import { saysMaterialized, tableStore, type TableStoreOptions } from './store-options.ts'
import { StreamGrouping } from './stream-grouping.ts'
import { TimeWindowedKStream, type WindowedByOptions } from './time-windowed-kstream.ts'

/** Options of `KGroupedStream.aggregate`. */
export interface StreamAggregateOptions<K, V, A>
  extends TableStoreOptions<K, A>, DroppedOptions<K, V> {
  /** The aggregate of a key that has none. */
  readonly init: Initializer<A>
  /** The aggregate after a record; null deletes the row. */
  readonly add: Aggregator<K, V, A>
}

interface Aggregation<K, V, A> {
  readonly name: string
  readonly store: string
  readonly key: Serde<K> | undefined
  readonly value: Serde<A> | undefined
  readonly options: TableStoreOptions<K, A> & DroppedOptions<K, V>
  readonly operator: (
    store: TableStoreBuilder<K, A>,
    sendOldValues: boolean,
  ) => ReturnType<Operator>
  /** Only to tell the type of the input. */
  readonly input?: V
}

/**
 * A stream grouped by its key: what aggregations start from (Kafka Streams: `KGroupedStream`).
 *
 * Each aggregation drops and counts records with a null key or value, and gives a table that is
 * always stored. Its rows carry the largest timestamp that went in and the headers of the last record.
 */
export class KGroupedStream<K, V> {
  readonly #grouping: StreamGrouping<K, V>

  /** @internal */
  constructor(dsl: Dsl, state: StreamState<K, V>, name: string | undefined) {
    this.#grouping = new StreamGrouping(dsl, state, name)
  }

  /** @internal What a cogroup needs of the stream. */
  get grouping(): StreamGrouping<K, V> {
    return this.#grouping
  }

  /**
   * Aggregates by windows of so many records of a key each: `windowedByCount({ size: 100 })` the first hundred, the
   * next hundred and so on, `windowedByCount({ size: 100, advance: 1 })` the last hundred after each record. Gives
   * streams of full windows. Not in Kafka Streams, and not a kind of `windowedBy`, whose windows are spans of
   * time and make tables.
   *
   * @throws TypeError unless both are whole numbers, and `0 < advance <= size`
   */
  windowedByCount(windows: CountWindows): CountWindowedKStream<K, V> {
    return new CountWindowedKStream(this.#grouping, windows)
  }

  /**
   * Aggregates by windows of event time as well: every aggregation gives a table whose keys are windowed.
   *
   * With `emit: 'on-window-close'` a window is sent once, when it can change no more: when event time has come
   * to its end and the grace behind it. By default each change is sent.
   *
   * @throws TypeError for unlimited windows that are to be sent when they close
   */
  windowedBy(windows: TimeWindows, options?: WindowedByOptions): TimeWindowedKStream<K, V>
  windowedBy(windows: SessionWindows, options?: WindowedByOptions): SessionWindowedKStream<K, V>
  windowedBy(
    windows: TimeWindows | SessionWindows,
    options: WindowedByOptions = {},
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    return windows.kind === 'session'
      ? new SessionWindowedKStream(this.#grouping, windows, options)
      : new TimeWindowedKStream(this.#grouping, windows, options)
  }

  /**
   * Begins an aggregate that several streams go into, each with an aggregator of its own. Say the type of the
   * aggregate, as the type of the aggregator's parameter.
   */
  cogroup<A>(add: Aggregator<K, V, A>): CogroupedKStream<K, A> {
    return new CogroupedKStream(Cogroup.of(this.#grouping, add))
  }

  /** The number of records of each key, an 8-byte integer in store and changelog. */
  count(options: TableStoreOptions<K, number> & DroppedOptions<K, V> = {}): KTable<K, number> {
    const { plan } = this.#grouping.dsl
    // Kafka Streams uses up another number when there is a Materialized without a name.
    if (options.store === undefined && saysMaterialized(options)) plan.newStoreName(AGGREGATE)
    const { key = this.#grouping.state.key, value = serdes.long } = options
    return this.#aggregate<number>({
      store: options.store ?? plan.newStoreName(AGGREGATE),
      name: plan.nameOr(options.name, AGGREGATE),
      key,
      value,
      options,
      operator: (store, sendOldValues) =>
        streamAggregate<K, V, number>({ ...COUNT, store, sendOldValues }),
    })
  }

  /**
   * Combines the values of each key with `reducer`, starting from the first one as it is. A result
   * of null deletes the row.
   */
  reduce(
    reducer: Reducer<V>,
    options: TableStoreOptions<K, V> & DroppedOptions<K, V> = {},
  ): KTable<K, V> {
    const { plan } = this.#grouping.dsl
    const { key = this.#grouping.state.key, value = this.#grouping.state.value } = options
    return this.#aggregate<V>({
      store: options.store ?? plan.newStoreName(REDUCE),
      name: plan.nameOr(options.name, REDUCE),
      key,
      value,
      options,
      operator: (store, sendOldValues) => streamReduce<K, V>({ reducer, store, sendOldValues }),
    })
  }

  /**
   * Keeps an aggregate of each key: `init()` for a new key, then `add` for each record. A null from
   * `add` deletes the row, and the next record starts from `init()` again.
   */
  aggregate<A>(options: StreamAggregateOptions<K, V, A>): KTable<K, A> {
    const { plan } = this.#grouping.dsl
    const { key = this.#grouping.state.key, init, add } = options
    const value = serdeOf(this.#grouping.dsl, 'value', options.value)
    return this.#aggregate<A>({
      store: options.store ?? plan.newStoreName(AGGREGATE),
      name: plan.nameOr(options.name, AGGREGATE),
      key,
      value,
      options,
      operator: (store, sendOldValues) =>
        streamAggregate<K, V, A>({ init, add, store, sendOldValues }),
    })
  }

  #aggregate<A>(parts: Aggregation<K, V, A>): KTable<K, A> {
    const { name, key, value, options } = parts
    const { plan } = this.#grouping.dsl
    const parent = this.#grouping.input(parts.store)
    const store = tableStore(parts.store, { key, value }, options)
    const table = { kind: 'aggregate', store } as const
    const node = plan.append<ProcessorPlan & { readonly table: typeof table }>({
      kind: 'processor',
      name,
      parents: [parent.node],
      operator: ({ sendsOldValues }) => parts.operator(store.builder, sendsOldValues),
      stores: [],
      uses: [],
      table,
      changes: 'value',
    })
    const { sources } = parent
    tellDropped(this.#grouping.dsl, options, { node, key, sources })
    return this.#grouping.dsl.table<K, A>({
      node,
      key,
      value,
      sources,
      queryableStoreName: options.store,
    })
  }
}

const AGGREGATE = 'KSTREAM-AGGREGATE-'
const REDUCE = 'KSTREAM-REDUCE-'

const COUNT = {
  init: (): number => 0,
  add: (_key: unknown, _value: unknown, count: number): number => count + 1,
}
