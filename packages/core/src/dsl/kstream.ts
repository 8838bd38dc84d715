import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import { assert } from '../base/assert.ts'
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.ts'
import type { Sink } from '../sink/sink.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { PlanNode, ProcessorPlan } from '../topology/plan-node.ts'
import type { StreamPartitioner, TopicNameExtractor } from '../topology/topology-node.ts'
import { asOfJoinStreams, type AsOfJoinOptions } from './as-of-join.ts'
import { BranchedKStream } from './branched-kstream.ts'
import { type DedupOptions, dedupStream } from './dedup-stream.ts'
import type { Dsl, NamedOptions, SerdeOptions, StreamState } from './dsl.ts'
import { joinStream } from './join-stream.ts'
import type { GlobalJoinOptions } from './join-stream-global.ts'
import type { StreamTableJoinOptions } from './join-stream-table.ts'
import type { GlobalKTable } from './global-ktable.ts'
import { joinStreams, type StreamJoinOptions, StreamSide } from './join-streams.ts'
import { KGroupedStream } from './kgrouped-stream.ts'
import type { KTable } from './ktable.ts'
import { filter, filterNot, type Predicate } from './operators/filter.ts'
import { flatMap } from './operators/flat-map.ts'
import { flatMapValues } from './operators/flat-map-values.ts'
import { type KeyValue, type KeyValueMapper, map } from './operators/map.ts'
import { mapValues, type ValueMapper } from './operators/map-values.ts'
import { passThrough } from './operators/pass-through.ts'
import { foreach, type ForeachAction, peek } from './operators/peek.ts'
import { formatPair, print } from './operators/print.ts'
import { selectKey } from './operators/select-key.ts'
import type { ValueJoiner } from './operators/value-joiner.ts'
import { repartitionOf } from './repartition.ts'
import type { TableStoreOptions } from './store-options.ts'
import type {
  GroupedOptions,
  KeyOptions,
  KeyValueOptions,
  PrintOptions,
  ProcessOptions,
  ProcessValuesOptions,
  RepartitionOptions,
  ToOptions,
  ValueOptions,
} from './stream-options.ts'
import { streamToSink, type ToSinkOptions } from './stream-to-sink.ts'
import { streamToTable } from './stream-to-table.ts'

interface Step<K, V> {
  readonly prefix: string
  readonly name: string | undefined
  readonly supplier: ProcessorSupplier<never, never, K, V>
  readonly stores?: readonly (StoreBuilder | string)[] | undefined
  readonly changes: ProcessorPlan['changes']
  readonly stateless?: ProcessorPlan['stateless']
  readonly isMerge?: boolean
}

/**
 * A stream of records: every record is an event of its own.
 *
 * Immutable: an operator appends to the plan of the `StreamsBuilder` and returns a new stream.
 * Records of one partition stay in order. Key and value can be null at run time whatever `K` and `V`
 * say (topics hold null keys and tombstones); declare `serdes.nullable(…)` to be asked for the case.
 *
 * An error of a callback goes to the processing exception handler with the operator's name.
 * Semantics and generated names are those of Kafka Streams' `KStream`.
 */
export class KStream<K, V> {
  readonly #dsl: Dsl
  readonly #state: StreamState<K, V>

  /** @internal */
  constructor(dsl: Dsl, state: StreamState<K, V>) {
    this.#dsl = dsl
    this.#state = state
  }

  /** Keeps the records that `predicate` holds for. A type guard narrows the values. */
  filter<S extends V>(
    predicate: (key: K, value: V) => value is S,
    options?: NamedOptions,
  ): KStream<K, S>
  filter(predicate: Predicate<K, V>, options?: NamedOptions): KStream<K, V>
  filter(predicate: Predicate<K, V>, options: NamedOptions = {}): KStream<K, V> {
    return this.#same({
      prefix: 'KSTREAM-FILTER-',
      name: options.name,
      supplier: filter(predicate),
      changes: 'nothing',
      stateless: 'pure',
    })
  }

  /** Drops the records that `predicate` holds for. */
  filterNot(predicate: Predicate<K, V>, options: NamedOptions = {}): KStream<K, V> {
    return this.#same({
      prefix: 'KSTREAM-FILTER-',
      name: options.name,
      supplier: filterNot(predicate),
      changes: 'nothing',
      stateless: 'pure',
    })
  }

  /**
   * Another key and value for each record, as a pair.
   * The result is repartitioned before an operator that depends on the key, even if the key is the same.
   */
  map<KR, VR>(
    mapper: KeyValueMapper<K, V, KeyValue<KR, VR>>,
    options: KeyValueOptions<KR, VR> = {},
  ): KStream<KR, VR> {
    const node = this.#append({
      prefix: 'KSTREAM-MAP-',
      name: options.name,
      supplier: map(mapper),
      changes: 'key',
    })
    return this.#rekeyed(node, options)
  }

  /** Another value for each record. The mapper gets null values too. */
  mapValues<VR>(mapper: ValueMapper<K, V, VR>, options: ValueOptions<VR> = {}): KStream<K, VR> {
    const node = this.#append({
      prefix: 'KSTREAM-MAPVALUES-',
      name: options.name,
      supplier: mapValues(mapper),
      changes: 'value',
      stateless: 'pure',
    })
    return this.#dsl.stream({ ...this.#state, node, value: options.value })
  }

  /** Any number of pairs for each record, in the order of the iterable. Repartitioning as for `map`. */
  flatMap<KR, VR>(
    mapper: KeyValueMapper<K, V, Iterable<KeyValue<KR, VR>>>,
    options: KeyValueOptions<KR, VR> = {},
  ): KStream<KR, VR> {
    const node = this.#append({
      prefix: 'KSTREAM-FLATMAP-',
      name: options.name,
      supplier: flatMap(mapper),
      changes: 'key',
    })
    return this.#rekeyed(node, options)
  }

  /** Any number of values for each record, in the order of the iterable, under the same key. */
  flatMapValues<VR>(
    mapper: ValueMapper<K, V, Iterable<VR>>,
    options: ValueOptions<VR> = {},
  ): KStream<K, VR> {
    const node = this.#append({
      prefix: 'KSTREAM-FLATMAPVALUES-',
      name: options.name,
      supplier: flatMapValues(mapper),
      changes: 'value',
      stateless: 'pure',
    })
    return this.#dsl.stream({ ...this.#state, node, value: options.value })
  }

  /** Another key for each record. Repartitioning as for `map`. */
  selectKey<KR>(mapper: KeyValueMapper<K, V, KR>, options: KeyOptions<KR> = {}): KStream<KR, V> {
    const node = this.#appendSelectKey(mapper, options.name)
    return this.#dsl.stream<KR, V>({
      ...this.#state,
      node,
      key: options.key,
      needsRepartition: true,
    })
  }

  /** Calls `action` for each record, which then goes on. The action runs again after an abort. */
  peek(action: ForeachAction<K, V>, options: NamedOptions = {}): KStream<K, V> {
    return this.#same({
      prefix: 'KSTREAM-PEEK-',
      name: options.name,
      supplier: peek(action),
      changes: 'nothing',
      stateless: 'effects',
    })
  }

  /** Calls `action` for each record; nothing follows. The action runs again after an abort. */
  foreach(action: ForeachAction<K, V>, options: NamedOptions = {}): void {
    this.#append({
      prefix: 'KSTREAM-FOREACH-',
      name: options.name,
      supplier: foreach(action),
      changes: 'nothing',
    })
  }

  /** Writes each record as a line, for a look while developing; nothing follows. */
  print(options: PrintOptions<K, V> = {}): void {
    const { label = this.#state.node.name, format = formatPair } = options
    const write =
      options.write ??
      ((line: string): void => {
        process.stdout.write(line)
      })
    this.#append({
      prefix: 'KSTREAM-PRINTER-',
      name: options.name,
      supplier: print({ label, format, write }),
      changes: 'nothing',
    })
  }

  /**
   * The records of both streams. The order is kept within each, not between them. The serdes are
   * those of this stream.
   *
   * @throws TypeError when `other` belongs to another builder.
   */
  merge(other: KStream<K, V>, options: NamedOptions = {}): KStream<K, V> {
    const theirs = other.#state
    assert(other.#dsl === this.#dsl, 'merge: the streams belong to different builders')
    const node = this.#append(
      {
        prefix: 'KSTREAM-MERGE-',
        name: options.name,
        supplier: passThrough(),
        changes: 'nothing',
        stateless: 'pure',
        isMerge: true,
      },
      [theirs.node],
    )
    return this.#dsl.stream({
      ...this.#state,
      node,
      needsRepartition: this.#state.needsRepartition || theirs.needsRepartition,
      sources: new Set([...this.#state.sources, ...theirs.sources]),
    })
  }

  /**
   * Sends each record to the first branch whose predicate holds.
   * `const { big, rest } = stream.split().branch('big', isBig).default('rest')`
   */
  split(options: NamedOptions = {}): BranchedKStream<K, V> {
    const { plan } = this.#dsl
    const name = plan.nameOr(options.name, 'KSTREAM-BRANCH-')
    return new BranchedKStream(this.#dsl, { stream: this.#state, name, branches: [] })
  }

  /** Groups by the key as it is. Repartitions only if the key may have changed. */
  groupByKey(options: GroupedOptions<K, V> = {}): KGroupedStream<K, V> {
    const { key = this.#state.key, value = this.#state.value } = options
    return new KGroupedStream(this.#dsl, { ...this.#state, key, value }, options.name)
  }

  /** Groups by a new key. Always repartitions; a null key is dropped then. */
  groupBy<KR>(
    mapper: KeyValueMapper<K, V, KR>,
    options: GroupedOptions<KR, V> = {},
  ): KGroupedStream<KR, V> {
    const node = this.#appendSelectKey(mapper, options.name)
    const { key, value = this.#state.value } = options
    const state = { ...this.#state, node, key, value, needsRepartition: true }
    return new KGroupedStream(this.#dsl, state, options.name)
  }

  /** Writes the records to a topic of the application and reads them back. Null keys are dropped. */
  repartition(options: RepartitionOptions<K, V> = {}): KStream<K, V> {
    const { plan } = this.#dsl
    const { key = this.#state.key, value = this.#state.value } = options
    const prefix = options.name ?? plan.newName('KSTREAM-REPARTITION-')
    const parts = {
      parent: this.#state.node,
      prefix,
      key,
      value,
      partitions: options.partitions,
      partitioner: options.partitioner as StreamPartitioner | undefined, // gets this stream's records only
      optimizable: false,
    }
    const node = plan.append(repartitionOf(plan, parts))
    const sources = new Set([node.sourceName])
    return this.#dsl.stream({ node, key, value, needsRepartition: false, sources })
  }

  /**
   * The latest value of each key. A null value deletes the row, a null key is dropped and counted.
   * Repartitions if the key may have changed. Stored when it is named or something downstream needs it.
   */
  toTable(options: TableStoreOptions<K, V> & DroppedOptions<K, V> = {}): KTable<K, V> {
    return streamToTable(this.#dsl, this.#state, options)
  }

  /**
   * Joins each record with the row of its key in `table`, if there is one, as the table is at that
   * moment. Changes of the table give no results. A null key or value is dropped and counted.
   *
   * With a table, the stream is repartitioned if its key may have changed; its topics and the table's
   * must have equal partition counts. With a global table `options.key` gives the key to look up, and
   * nothing is repartitioned.
   *
   * @throws TypeError when the table belongs to another builder.
   */
  join<VT, VR>(
    table: KTable<K, VT>,
    joiner: ValueJoiner<K, V, VT, VR>,
    options?: StreamTableJoinOptions<K, V, VR>,
  ): KStream<K, VR>
  join<KG, VG, VR>(
    table: GlobalKTable<KG, VG>,
    joiner: ValueJoiner<K, V, VG, VR>,
    options: GlobalJoinOptions<K, V, KG, VR>,
  ): KStream<K, VR>
  /**
   * Joins the records of two streams that have the same key and times within `options.within` of each other:
   * one result for each such pair, as soon as both are there, at the larger of their timestamps and with the
   * headers of the later. A null key or value is dropped and counted.
   *
   * Each side keeps its records for before + after + grace of its newest one. A record that comes later is
   * still joined with what the other side has. Streams whose keys may have changed are repartitioned; the
   * topics of both must have equal partition counts, which is checked when the app starts.
   *
   * @throws TypeError when the other stream belongs to another builder.
   */
  join<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    options: StreamJoinOptions<K, V, VO, VR>,
  ): KStream<K, VR>
  join(other: unknown, joiner: unknown, options: unknown = {}): unknown {
    return joinStream(this.#dsl, this.#state, {
      kind: 'inner',
      other: KStream.#sideOf(other),
      joiner,
      options,
    })
  }

  /**
   * As `join`, but a record without a row is joined with null. So is one without a key; a null value
   * is dropped and counted.
   */
  leftJoin<VT, VR>(
    table: KTable<K, VT>,
    joiner: ValueJoiner<K, V, VT | null, VR>,
    options?: StreamTableJoinOptions<K, V, VR>,
  ): KStream<K, VR>
  leftJoin<KG, VG, VR>(
    table: GlobalKTable<KG, VG>,
    joiner: ValueJoiner<K, V, VG | null, VR>,
    options: GlobalJoinOptions<K, V, KG, VR>,
  ): KStream<K, VR>
  /**
   * As `join`, but a record of this stream that has found no match by the end of its window and the grace is
   * joined with null. By event time, so when a newer record comes, of either stream, and at most once each
   * `emitInterval`; at its own timestamp, with the headers of the newer record. A record without a key
   * is joined with null at once, and so is one whose window is past when it comes: that one may still
   * give results with matches as well.
   */
  leftJoin<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    options: StreamJoinOptions<K, V, VO, VR>,
  ): KStream<K, VR>
  leftJoin(other: unknown, joiner: unknown, options: unknown = {}): unknown {
    return joinStream(this.#dsl, this.#state, {
      kind: 'left',
      other: KStream.#sideOf(other),
      joiner,
      options,
    })
  }

  /** As `leftJoin` with a stream, for the records of both: a result without a match has null for the other value. */
  outerJoin<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V | null, VO | null, VR>,
    options: StreamJoinOptions<K, V, VO, VR>,
  ): KStream<K, VR> {
    return joinStreams(this.#dsl, this.#state, {
      kind: 'outer',
      other: other.#side,
      joiner,
      options,
    })
  }

  /**
   * Joins each record of this stream with the latest record of `other` that has its key and is not later than it,
   * and at most `options.tolerance` earlier: a trade with the quote of its moment. One without a match has no
   * result. Not in Kafka Streams.
   *
   * A record waits until event time, which both streams move, is more than `options.grace` beyond its own. So the
   * result does not depend on the order in which records come, if none is later than that; and results come out in
   * the order of their times, with the record's own timestamp and headers. One that comes later still is
   * joined at once, with what is there. `wait: false` joins each record when it comes.
   *
   * A null key or value is dropped and counted. Repartitioning and partition counts as for `join`.
   *
   * @throws TypeError when the other stream belongs to another builder.
   */
  asOfJoin<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    options: AsOfJoinOptions<K, V, VO, VR>,
  ): KStream<K, VR> {
    const given = joiner as ValueJoiner<K, V, VO | null, VR> // an inner join has both values
    const parts = { other: other.#side, joiner: given, isLeft: false, options }
    return asOfJoinStreams(this.#dsl, this.#state, parts)
  }

  /** As `asOfJoin`, but a record without a match is joined with null; so is one without a key, at once. */
  asOfLeftJoin<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    options: AsOfJoinOptions<K, V, VO, VR>,
  ): KStream<K, VR> {
    const parts = { other: other.#side, joiner, isLeft: true, options }
    return asOfJoinStreams(this.#dsl, this.#state, parts)
  }

  /**
   * Lets a record pass unless one of the same key and `options.id` has passed whose time is within `options.within`
   * of its own, before or after: of records that were sent twice, the one that comes first. Not in Kafka Streams.
   *
   * Two that pass are always further apart, whatever is aborted or crashes. A duplicate does not prolong the time. What
   * has passed is forgotten by event time, so a record that is more than `options.grace` behind the
   * newest one is dropped and counted as late: it might be a duplicate. So is a null key.
   *
   * Duplicates must have the same key, so that they are in the same partition. The stream is repartitioned if its
   * key may have changed.
   */
  dedup(options: DedupOptions<K, V>): KStream<K, V> {
    return dedupStream(this.#dsl, this.#state, options)
  }

  /**
   * Writes the records to `topic`; timestamp and headers go along. A function names the topic of
   * each record, which must exist. Serdes that are not inherited must be given here.
   */
  to(topic: string | TopicNameExtractor<K, V>, options: ToOptions<K, V> = {}): void {
    const { plan } = this.#dsl
    plan.append({
      kind: 'sink',
      name: plan.nameOr(options.name, 'KSTREAM-SINK-'),
      parents: [this.#state.node],
      topic: topic as string | TopicNameExtractor, // gets this stream's records only
      keySerde: options.key ?? this.#state.key ?? missingSerde,
      valueSerde: options.value ?? this.#state.value ?? missingSerde,
      partitioner: options.partitioner as StreamPartitioner | undefined, // as above
    })
  }

  /**
   * Writes the records to a system outside Kafka, such as a database, with the guarantee of the sink: see `Sink`.
   * It happens outside of the application's transactions, by a consumer group of its own, `<application>-<name>`, which
   * reads committed records only.
   *
   * Straight from the topics that the stream comes from, if all in between is `filter`, `filterNot`, `mapValues`,
   * `flatMapValues`, `peek`, `merge` and `split`: these then run before the sink, and what else they lead to has them
   * for itself, so their callbacks are called for both. A `peek` is not called twice: if it leads to anything else too,
   * or if anything else is in between, such as an aggregation, another key, a processor or a pattern of topics, the
   * records go through a topic of the application, `<application>-<name>-sink`.
   */
  toSink(sink: Sink<K, V>, options: ToSinkOptions<K, V>): void {
    streamToSink(this.#dsl, this.#state, sink, options)
  }

  /** Runs a processor of the user, which may change the key: repartitioning as for `map` (KIP-820). */
  process<KR, VR>(
    supplier: ProcessorSupplier<K, V, KR, VR>,
    options: ProcessOptions<KR, VR> & DroppedOptions<K, V> = {},
  ): KStream<KR, VR> {
    const node = this.#appendNamed({
      name: options.name ?? this.#dsl.plan.newName('KSTREAM-PROCESSOR-'),
      supplier,
      stores: options.stores,
      changes: 'unknown',
    })
    tellDropped(this.#dsl, options, { ...this.#state, node })
    return this.#rekeyed(node, options)
  }

  /** Runs a processor of the user that keeps the key, so nothing is repartitioned (KIP-820). */
  processValues<VR>(
    supplier: FixedKeyProcessorSupplier<K, V, VR>,
    options: ProcessValuesOptions<VR> & DroppedOptions<K, V> = {},
  ): KStream<K, VR> {
    const node = this.#appendNamed({
      name: options.name ?? this.#dsl.plan.newName('KSTREAM-PROCESSVALUES-'),
      // Its records are those of the stream, whose key it cannot change.
      supplier: supplier as unknown as ProcessorSupplier<K, V, K, VR>,
      stores: options.stores,
      changes: 'unknown',
    })
    tellDropped(this.#dsl, options, { ...this.#state, node })
    return this.#dsl.stream({ ...this.#state, node, value: options.value })
  }

  /** A stream as `joinStream` knows it; anything else as it is. */
  static #sideOf(other: unknown): unknown {
    return other instanceof KStream ? other.#side : other
  }

  get #side(): StreamSide<K, V> {
    return new StreamSide(this.#dsl, this.#state)
  }

  #same(step: Step<K, V>): KStream<K, V> {
    return this.#dsl.stream({ ...this.#state, node: this.#append(step) })
  }

  #rekeyed<KR, VR>(node: ProcessorPlan, serdes: SerdeOptions<KR, VR>): KStream<KR, VR> {
    const { sources } = this.#state
    const { key, value } = serdes
    return this.#dsl.stream({ node, key, value, needsRepartition: true, sources })
  }

  #appendSelectKey<KR>(mapper: KeyValueMapper<K, V, KR>, name: string | undefined): ProcessorPlan {
    return this.#append({
      prefix: 'KSTREAM-KEY-SELECT-',
      name,
      supplier: selectKey(mapper),
      changes: 'key',
    })
  }

  #append<KR, VR>(
    { prefix, name, ...step }: Step<KR, VR>,
    others: readonly PlanNode[] = [],
  ): ProcessorPlan {
    return this.#appendNamed({ ...step, name: this.#dsl.plan.nameOr(name, prefix) }, others)
  }

  #appendNamed<KR, VR>(
    step: Omit<Step<KR, VR>, 'prefix' | 'name'> & { readonly name: string },
    others: readonly PlanNode[] = [],
  ): ProcessorPlan {
    const { name, supplier, stores = [], changes, stateless, isMerge = false } = step
    return this.#dsl.plan.append<ProcessorPlan>({
      kind: 'processor',
      name,
      parents: [this.#state.node, ...others],
      operator: () => supplier,
      stores,
      uses: [],
      table: undefined,
      changes,
      isMerge,
      ...(stateless === undefined ? {} : { stateless }),
    })
  }
}
