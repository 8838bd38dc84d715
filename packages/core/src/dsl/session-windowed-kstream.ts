import { serdeOf } from './dsl.ts'
import type { Change } from '../record/change.ts'
import type { Windowed } from '../record/windowed.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { serdes } from '../serde/serdes.ts'
import type { Serde } from '../serde/serde.ts'
import { sessionWindowed } from '../serde/windowed-serdes.ts'
import type { SessionWindows } from '../time/session-windows.ts'
import type { ProcessorPlan } from '../topology/plan-node.ts'
import type { KTable } from './ktable.ts'
import { sessionAggregate, type SessionMerger } from './operators/session-aggregate.ts'
import type { Aggregator, Initializer } from './operators/stream-aggregate.ts'
import type { Reducer } from './operators/stream-reduce.ts'
import { sessionGraceMs, sessionTableStore } from './session-store-options.ts'
import type { StreamGrouping } from './stream-grouping.ts'
import type { WindowedByOptions } from './time-windowed-kstream.ts'
import { saysWindowsMaterialized, type WindowedTableOptions } from './window-store-options.ts'
import { type DroppedOptions, tellDropped } from './dropped-stream.ts'

/** Options of `SessionWindowedKStream.aggregate`. */
export interface SessionAggregateOptions<K, V, A>
  extends WindowedTableOptions<K, A>, DroppedOptions<K, V> {
  /** The aggregate that each record begins with. */
  readonly init: Initializer<A>
  /** The aggregate after a record; null deletes the session. */
  readonly add: Aggregator<K, V, A>
  /** Joins the aggregates of sessions that a record has brought together. */
  readonly merge: SessionMerger<K, A>
}

interface Aggregation<K, V, A> {
  readonly prefix: string
  readonly value: Serde<A> | undefined
  readonly options: WindowedTableOptions<K, A> & DroppedOptions<K, V>
  readonly init: () => A | null
  readonly add: (key: K, value: V, aggregate: A) => A | null
  readonly merge: SessionMerger<K, A>
}

const AGGREGATE = 'KSTREAM-AGGREGATE-'
const REDUCE = 'KSTREAM-REDUCE-'

/**
 * A grouped stream by sessions: windows that last as long as records of a key come (Kafka Streams:
 * `SessionWindowedKStream`).
 *
 * Each aggregation gives a table by key and session, which is always stored. A record that comes within the gap of
 * a session makes it longer: the old one is deleted from the table, and one with other bounds comes. A record
 * between two sessions makes one of them. One that comes too late for what it would join, because event time has
 * passed its end, the gap and the grace, is dropped and counted. So are null keys; a null value is given to the
 * functions as it is.
 *
 * The timestamp of a session is its end. Its changes have no headers, as in Kafka Streams.
 */
export class SessionWindowedKStream<K, V> {
  readonly #grouping: StreamGrouping<K, V>
  readonly #windows: SessionWindows
  readonly #emitsFinal: boolean

  /** @internal */
  constructor(
    grouping: StreamGrouping<K, V>,
    windows: SessionWindows,
    { emit = 'on-window-update' }: WindowedByOptions,
  ) {
    this.#grouping = grouping
    this.#windows = windows
    this.#emitsFinal = emit === 'on-window-close'
  }

  /** The number of records in each session, an 8-byte integer in store and changelog. */
  count(
    options: WindowedTableOptions<K, number> & DroppedOptions<K, V> = {},
  ): KTable<Windowed<K>, number> {
    const { plan } = this.#grouping.dsl
    // Kafka Streams uses up another number when there is a Materialized without a name.
    if (options.store === undefined && saysWindowsMaterialized(options)) {
      plan.newStoreName(AGGREGATE)
    }
    return this.#aggregate<number>({
      prefix: AGGREGATE,
      value: options.value ?? serdes.long,
      options,
      init: () => 0,
      add: (_key, _value, count) => count + 1,
      merge: (_key, count, other) => count + other,
    })
  }

  /**
   * Combines the values of each session with `reducer`, starting from the first one as it is, and the results of
   * sessions that a record brings together, in the order of their times. A result of null deletes the session.
   */
  reduce(
    reducer: Reducer<V>,
    options: WindowedTableOptions<K, V> & DroppedOptions<K, V> = {},
  ): KTable<Windowed<K>, V> {
    const reduce = (aggregate: V, value: V): V | null =>
      aggregate === null ? value : reducer(aggregate, value)
    return this.#aggregate<V>({
      prefix: REDUCE,
      value: options.value ?? this.#grouping.state.value,
      options,
      init: () => null,
      add: (_key, value, aggregate) => reduce(aggregate, value),
      merge: (_key, aggregate, other) => reduce(aggregate, other) as V, // null begins anew, as `init` does
    })
  }

  /**
   * Keeps an aggregate of each session: for each record `init()`, then `merge` with every session that the record
   * joins, then `add`. A null from `add` deletes the session.
   */
  aggregate<A>(options: SessionAggregateOptions<K, V, A>): KTable<Windowed<K>, A> {
    const { init, add, merge } = options
    const value = serdeOf(this.#grouping.dsl, 'value', options.value)
    return this.#aggregate<A>({ prefix: AGGREGATE, value, options, init, add, merge })
  }

  #aggregate<A>(aggregation: Aggregation<K, V, A>): KTable<Windowed<K>, A> {
    const { prefix, value, options } = aggregation
    const { dsl, state } = this.#grouping
    const { plan } = dsl
    const windows = this.#windows
    const { key = state.key } = options
    const storeName = options.store ?? plan.newStoreName(prefix)
    const name = plan.nameOr(options.name, prefix)
    const parent = this.#grouping.input(storeName)
    const parts = { name: storeName, windows, key, value, emitsFinal: this.#emitsFinal }
    const store = sessionTableStore<K, A>(parts, options)
    const table = { kind: 'aggregate', store } as const
    const node = plan.append<ProcessorPlan & { readonly table: typeof table }>({
      kind: 'processor',
      name,
      parents: [parent.node],
      operator: ({ sendsOldValues }) => this.#operator(aggregation, store.builder, sendsOldValues),
      stores: [],
      uses: [],
      table,
      changes: 'value',
      graceMs: sessionGraceMs(windows),
      windowSpanMs: 0,
    })
    const { sources } = parent
    tellDropped(dsl, options, { node, key, sources })
    return dsl.table<Windowed<K>, A>({
      node,
      key: key === undefined ? undefined : sessionWindowed(key),
      value,
      sources,
      queryableStoreName: options.store,
    })
  }

  #operator<A>(
    { init, add, merge }: Aggregation<K, V, A>,
    store: ReturnType<typeof sessionTableStore<K, A>>['builder'],
    sendOldValues: boolean,
  ): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
    return sessionAggregate({
      windows: this.#windows,
      init,
      add,
      merge,
      store,
      sendOldValues,
      emitsFinal: this.#emitsFinal,
    })
  }
}
