import { serdeOf } from './dsl.ts'
import type { Windowed } from '../record/windowed.ts'
import { sessionWindowed, timeWindowedOf } from '../serde/windowed-serdes.ts'
import type { SessionWindows } from '../time/session-windows.ts'
import type { TimeWindows } from '../time/windows.ts'
import { type Cogroup, COGROUP_AGGREGATE } from './cogroup.ts'
import type { DroppedOptions } from './dropped-stream.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import type { KTable } from './ktable.ts'
import { sessionAggregate, type SessionMerger } from './operators/session-aggregate.ts'
import { slidingAggregate } from './operators/sliding-aggregate.ts'
import { type Aggregator, type Initializer, streamAggregate } from './operators/stream-aggregate.ts'
import { windowAggregate } from './operators/window-aggregate.ts'
import { sessionGraceMs, sessionTableStore } from './session-store-options.ts'
import { tableStore, type TableStoreOptions } from './store-options.ts'
import {
  windowedTableStore,
  type WindowedTableOptions,
  windowGraceMs,
  windowSizeMs,
} from './window-store-options.ts'

/** Options of `CogroupedKStream.aggregate`. What is dropped may be of any of the streams. */
export interface CogroupAggregateOptions<K, A>
  extends TableStoreOptions<K, A>, DroppedOptions<K, unknown> {
  /** The aggregate of a key that has none. */
  readonly init: Initializer<A>
  /** Also in front of the operators' names: `<name>-cogroup-agg-0`, …, `<name>-cogroup-merge`. */
  readonly name?: string
}

/** Options of `TimeWindowedCogroupedKStream.aggregate`. */
export interface WindowedCogroupAggregateOptions<K, A>
  extends WindowedTableOptions<K, A>, DroppedOptions<K, unknown> {
  /** The aggregate of a window that has none. */
  readonly init: Initializer<A>
}

/** Options of `SessionWindowedCogroupedKStream.aggregate`. */
export interface SessionCogroupAggregateOptions<K, A> extends WindowedCogroupAggregateOptions<
  K,
  A
> {
  /** Joins the aggregates of sessions that a record has brought together. */
  readonly merge: SessionMerger<K, A>
}

/**
 * Grouped streams with the same keys, that go into one aggregate: it has one row a key, in one store, and every
 * stream changes it in its own way (Kafka Streams: `CogroupedKStream`).
 *
 * Immutable: `cogroup` gives a new one. Streams whose keys may have changed are repartitioned; when there are
 * several of them, name their groupings, because the topics would be named alike otherwise.
 */
export class CogroupedKStream<K, A> {
  readonly #cogroup: Cogroup<K, A>

  /** @internal */
  constructor(cogroup: Cogroup<K, A>) {
    this.#cogroup = cogroup
  }

  /** With another stream. Its topics must have as many partitions as those of the others. */
  cogroup<V>(grouped: KGroupedStream<K, V>, add: Aggregator<K, V, A>): CogroupedKStream<K, A> {
    return new CogroupedKStream(this.#cogroup.with(grouped.grouping, add))
  }

  /** Aggregates by windows of event time as well. Each change is sent, as in Kafka Streams. */
  windowedBy(windows: TimeWindows): TimeWindowedCogroupedKStream<K, A>
  windowedBy(windows: SessionWindows): SessionWindowedCogroupedKStream<K, A>
  windowedBy(
    windows: TimeWindows | SessionWindows,
  ): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    return windows.kind === 'session'
      ? new SessionWindowedCogroupedKStream(this.#cogroup, windows)
      : new TimeWindowedCogroupedKStream(this.#cogroup, windows)
  }

  /**
   * Keeps the aggregate of each key: `init()` for a new one, then the aggregator of the stream that a record is of.
   * A null from it deletes the row. Null keys and values are dropped and counted.
   */
  aggregate(options: CogroupAggregateOptions<K, A>): KTable<K, A> {
    const { key = this.#cogroup.key, init } = options
    const value = serdeOf(this.#cogroup.dsl, 'value', options.value)
    const storeName = options.store ?? this.#cogroup.dsl.plan.newStoreName(COGROUP_AGGREGATE)
    const store = tableStore<K, A>(storeName, { key, value }, options)
    return this.#cogroup.table<K>({
      name: options.name,
      options,
      store,
      queryableStoreName: options.store,
      key,
      value,
      operator: (add, sendOldValues) =>
        streamAggregate({ init, add, store: store.builder, sendOldValues }),
    })
  }
}

/**
 * A cogroup by time windows (Kafka Streams: `TimeWindowedCogroupedKStream`). Rules are those of
 * `TimeWindowedKStream`; the event time by which a record is late is that of its own stream.
 */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #cogroup: Cogroup<K, A>
  readonly #windows: TimeWindows

  /** @internal */
  constructor(cogroup: Cogroup<K, A>, windows: TimeWindows) {
    this.#cogroup = cogroup
    this.#windows = windows
  }

  /** Keeps the aggregate of each key and window; see `CogroupedKStream.aggregate`. */
  aggregate(options: WindowedCogroupAggregateOptions<K, A>): KTable<Windowed<K>, A> {
    const windows = this.#windows
    const { key = this.#cogroup.key, init } = options
    const value = serdeOf(this.#cogroup.dsl, 'value', options.value)
    const storeName = options.store ?? this.#cogroup.dsl.plan.newStoreName(COGROUP_AGGREGATE)
    const parts = { name: storeName, windows, key, value, emitsFinal: false }
    const store = windowedTableStore<K, A>(parts, options)
    return this.#cogroup.table<Windowed<K>>({
      name: options.name,
      options,
      store,
      queryableStoreName: options.store,
      key: key === undefined ? undefined : timeWindowedOf(key, windowSizeMs(windows)),
      value,
      graceMs: windowGraceMs(windows),
      windowSpanMs: windowSizeMs(windows),
      operator(add, sendOldValues) {
        const own = { sendOldValues, emitsFinal: false, hasOwnTime: true }
        const parts = { init, add, store: store.builder, ...own }
        return windows.kind === 'sliding'
          ? slidingAggregate({ ...parts, windows })
          : windowAggregate({ ...parts, windows })
      },
    })
  }
}

/**
 * A cogroup by sessions (Kafka Streams: `SessionWindowedCogroupedKStream`). Rules are those of
 * `SessionWindowedKStream`; the event time by which a record is late is that of its own stream.
 */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #cogroup: Cogroup<K, A>
  readonly #windows: SessionWindows

  /** @internal */
  constructor(cogroup: Cogroup<K, A>, windows: SessionWindows) {
    this.#cogroup = cogroup
    this.#windows = windows
  }

  /** Keeps the aggregate of each key and session; see `SessionWindowedKStream.aggregate`. */
  aggregate(options: SessionCogroupAggregateOptions<K, A>): KTable<Windowed<K>, A> {
    const windows = this.#windows
    const { key = this.#cogroup.key, init, merge } = options
    const value = serdeOf(this.#cogroup.dsl, 'value', options.value)
    const storeName = options.store ?? this.#cogroup.dsl.plan.newStoreName(COGROUP_AGGREGATE)
    const parts = { name: storeName, windows, key, value, emitsFinal: false }
    const store = sessionTableStore<K, A>(parts, options)
    return this.#cogroup.table<Windowed<K>>({
      name: options.name,
      options,
      store,
      queryableStoreName: options.store,
      key: key === undefined ? undefined : sessionWindowed(key),
      value,
      graceMs: sessionGraceMs(windows),
      windowSpanMs: 0,
      operator(add, sendOldValues) {
        const own = { sendOldValues, emitsFinal: false, hasOwnTime: true }
        return sessionAggregate({ init, add, merge, store: store.builder, windows, ...own })
      },
    })
  }
}
