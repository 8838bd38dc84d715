import { serdeOf } from './dsl.ts'
import { assert } from '../base/assert.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { Change } from '../record/change.ts'
import type { Windowed } from '../record/windowed.ts'
import { serdes } from '../serde/serdes.ts'
import type { Serde } from '../serde/serde.ts'
import { timeWindowedOf } from '../serde/windowed-serdes.ts'
import type { TimeWindows } from '../time/windows.ts'
import type { ProcessorPlan } from '../topology/plan-node.ts'
import type { KTable } from './ktable.ts'
import { slidingAggregate } from './operators/sliding-aggregate.ts'
import type { Aggregator, Initializer } from './operators/stream-aggregate.ts'
import type { Reducer } from './operators/stream-reduce.ts'
import { windowAggregate } from './operators/window-aggregate.ts'
import type { StreamGrouping } from './stream-grouping.ts'
import {
  saysWindowsMaterialized,
  windowedTableStore,
  type WindowedTableOptions,
  windowGraceMs,
  windowSizeMs,
} from './window-store-options.ts'
import { type DroppedOptions, tellDropped } from './dropped-stream.ts'

/**
 * When a window is sent: each time it changes, or once, when it cannot change any more
 * (Kafka Streams: `EmitStrategy`).
 */
export type Emit = 'on-window-update' | 'on-window-close'

/** Options of `windowedBy`. */
export interface WindowedByOptions {
  /** @defaultValue 'on-window-update' */
  readonly emit?: Emit
}

/** Options of `TimeWindowedKStream.aggregate`. */
export interface WindowAggregateOptions<K, V, A>
  extends WindowedTableOptions<K, A>, DroppedOptions<K, V> {
  /** The aggregate of a window that has none. */
  readonly init: Initializer<A>
  /** The aggregate after a record; null deletes the window. */
  readonly add: Aggregator<K, V, A>
}

interface Aggregation<K, V, A> {
  readonly prefix: string
  readonly value: Serde<A> | undefined
  readonly options: WindowedTableOptions<K, A> & DroppedOptions<K, V>
  readonly init: () => A | null
  readonly add: (key: K, value: V, aggregate: A) => A | null
}

const AGGREGATE = 'KSTREAM-AGGREGATE-'
const REDUCE = 'KSTREAM-REDUCE-'

/**
 * A grouped stream by windows of event time (Kafka Streams: `TimeWindowedKStream`).
 *
 * Each aggregation gives a table by key and window, which is always stored. A record belongs to the windows
 * around its timestamp. One that comes too late for a window, because event time has passed its end and the
 * grace, is dropped for that window, and counted. So are null keys and, for sliding windows, null values;
 * to the functions of other windows a null value is given as it is.
 *
 * The timestamp of a window is the largest that went in, its headers are those of the last record.
 */
export class TimeWindowedKStream<K, V> {
  readonly #grouping: StreamGrouping<K, V>
  readonly #windows: TimeWindows
  readonly #emitsFinal: boolean

  /** @internal */
  constructor(
    grouping: StreamGrouping<K, V>,
    windows: TimeWindows,
    { emit = 'on-window-update' }: WindowedByOptions,
  ) {
    assert(
      emit === 'on-window-update' || windows.kind !== 'unlimited',
      'unlimited windows never close, so nothing would be sent',
    )
    this.#grouping = grouping
    this.#windows = windows
    this.#emitsFinal = emit === 'on-window-close'
  }

  /** The number of records in each window, an 8-byte integer in store and changelog. */
  count(
    options: WindowedTableOptions<K, number> & DroppedOptions<K, V> = {},
  ): KTable<Windowed<K>, number> {
    const { plan } = this.#grouping.dsl
    // Kafka Streams uses up another number when there is a Materialized without a name, if windows do not slide.
    if (
      options.store === undefined &&
      saysWindowsMaterialized(options) &&
      this.#windows.kind !== 'sliding'
    ) {
      plan.newStoreName(AGGREGATE)
    }
    return this.#aggregate<number>({
      prefix: AGGREGATE,
      value: options.value ?? serdes.long,
      options,
      init: () => 0,
      add: (_key, _value, count) => count + 1,
    })
  }

  /**
   * Combines the values of each window with `reducer`, starting from the first one as it is. A result of null
   * deletes the window.
   */
  reduce(
    reducer: Reducer<V>,
    options: WindowedTableOptions<K, V> & DroppedOptions<K, V> = {},
  ): KTable<Windowed<K>, V> {
    return this.#aggregate<V>({
      prefix: REDUCE,
      value: options.value ?? this.#grouping.state.value,
      options,
      init: () => null,
      add: (_key, value, aggregate) => (aggregate === null ? value : reducer(aggregate, value)),
    })
  }

  /**
   * Keeps an aggregate of each window: `init()` for a new one, then `add` for each record. A null from `add`
   * deletes the window, and the next record starts from `init()` again.
   */
  aggregate<A>(options: WindowAggregateOptions<K, V, A>): KTable<Windowed<K>, A> {
    const { init, add } = options
    const value = serdeOf(this.#grouping.dsl, 'value', options.value)
    return this.#aggregate<A>({ prefix: AGGREGATE, value, options, init, add })
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
    const store = windowedTableStore<K, A>(parts, options)
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
      graceMs: windowGraceMs(windows),
      windowSpanMs: windowSizeMs(windows),
    })
    const { sources } = parent
    tellDropped(dsl, options, { node, key, sources })
    return dsl.table<Windowed<K>, A>({
      node,
      key: key === undefined ? undefined : timeWindowedOf(key, windowSizeMs(windows)),
      value,
      sources,
      queryableStoreName: options.store,
    })
  }

  #operator<A>(
    { init, add }: Aggregation<K, V, A>,
    store: ReturnType<typeof windowedTableStore<K, A>>['builder'],
    sendOldValues: boolean,
  ): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
    const windows = this.#windows
    const parts = { init, add, store, sendOldValues, emitsFinal: this.#emitsFinal }
    return windows.kind === 'sliding'
      ? slidingAggregate({ ...parts, windows })
      : windowAggregate({ ...parts, windows })
  }
}
