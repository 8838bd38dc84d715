import { assert } from '../base/assert.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { Serde } from '../serde/serde.ts'
import {
  type RecordStoreOptions,
  type RecordWindowStore,
  recordWindowStore,
} from '../state/record-window-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { type WaitingRecords, waitingRecords } from '../state/waiting-records.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { OperatorStore, PlanNode, ProcessorPlan } from '../topology/plan-node.ts'
import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import type { Dsl, NamedOptions, SerdeOptions, StreamState } from './dsl.ts'
import type { StreamSide } from './join-streams.ts'
import type { KStream } from './kstream.ts'
import { asOfJoin } from './operators/as-of-join.ts'
import type { ValueJoiner } from './operators/value-joiner.ts'
import { repartitionedForJoin } from './repartition-for-join.ts'

/** Options of `KStream.asOfJoin` and `asOfLeftJoin`. */
export interface AsOfJoinOptions<K, V, VO, R>
  extends NamedOptions, RecordStoreOptions, DroppedOptions<K, V | VO> {
  /** How much earlier than a record the one of the other stream may be. */
  readonly tolerance: Duration
  /** How much later than a newer record, of either stream, one may come and still be joined for certain. */
  readonly grace: Duration
  /**
   * False: a record does not wait, and is joined with what has come of the other stream when it comes itself. There
   * is no delay then, but the result depends on the order of coming. @defaultValue true
   */
  readonly wait?: boolean
  /** Also names the repartition topics, if there are any: `<application>-<name>-left-repartition`. */
  readonly name?: string
  /** Begins the names of the stores: `<store>-other` has the records of the other stream, `<store>-waiting` those that wait. */
  readonly store?: string
  /** Of stores, repartition topics, and of what follows. @defaultValue that of this stream, or of the other */
  readonly key?: SerdeOptions<K, never>['key']
  /** Of store and repartition topic. @defaultValue that of this stream */
  readonly thisValue?: SerdeOptions<never, V>['value']
  /** Of store and repartition topic. @defaultValue that of the other stream */
  readonly otherValue?: SerdeOptions<never, VO>['value']
  /** Of the results, for what follows. */
  readonly value?: SerdeOptions<never, R>['value']
}

export interface AsOfJoin<K, V, VO, R> {
  readonly other: StreamSide<K, VO>
  readonly joiner: ValueJoiner<K, V, VO | null, R>
  readonly isLeft: boolean
  readonly options: AsOfJoinOptions<K, V, VO, R>
}

const PREFIX = 'KSTREAM-ASOFJOIN-'

/** `KStream.asOfJoin`: numbers are used up for the repartitions, the stores and the operator. */
export function asOfJoinStreams<K, V, VO, R>(
  dsl: Dsl,
  stream: StreamState<K, V>,
  { other, joiner, isLeft, options }: AsOfJoin<K, V, VO, R>,
): KStream<K, R> {
  assert(other.dsl === dsl, 'asOfJoin: the streams belong to different builders')
  const { plan } = dsl
  const { key = stream.key ?? other.state.key, value } = options
  const topic = (suffix: string): string | undefined =>
    options.name === undefined ? undefined : options.name + suffix
  const left = repartitionedForJoin(dsl, stream, {
    name: topic('-left'),
    key: options.key,
    value: options.thisValue,
  })
  const right = repartitionedForJoin(dsl, other.state, {
    name: topic('-right'),
    key: options.key,
    value: options.otherValue,
  })
  const sources = new Set([...left.sources, ...right.sources])
  plan.copartition([...sources])

  const storeName = options.store ?? plan.newStoreName(PREFIX)
  const name = plan.nameOr(options.name, PREFIX)
  const serdes = {
    key: key ?? missingSerde,
    left: left.value ?? missingSerde,
    right: right.value ?? missingSerde,
  }
  const { others, waiting } = storesOf<K, V, VO>(storeName, serdes, options)
  const processors = asOfJoin<K, V, VO, R>({
    toleranceMs: durationToMs(options.tolerance),
    graceMs: durationToMs(options.grace),
    joiner,
    isLeft,
    others: others.builder,
    waiting: waiting?.builder,
  })
  const keeps: readonly OperatorStore[] = waiting === undefined ? [others] : [others, waiting]
  const stores = keeps.map(({ builder }) => builder)
  const sides = {
    left: plan.append({
      ...processorPlan(`${name}-this`, [left.node], processors.left),
      keeps,
      joinsNullKeys: isLeft,
    }),
    right: plan.append({
      ...processorPlan(`${name}-other`, [right.node], processors.right),
      stores,
    }),
  }
  const node = plan.append<ProcessorPlan>({
    ...processorPlan(name, [sides.left, sides.right], processors.merge),
    stores,
  })
  tellDropped(dsl, options, { node, by: [[sides.left.name], [sides.right.name]], key, sources })
  return dsl.stream<K, R>({ node, key, value, needsRepartition: false, sources })
}

type Kept<B> = OperatorStore & { readonly builder: B }

interface AsOfStores<K, V, VO> {
  readonly others: Kept<StoreBuilder<RecordWindowStore<K, VO>>>
  /** Undefined: records do not wait. */
  readonly waiting: Kept<StoreBuilder<WaitingRecords<K, V>>> | undefined
}

function storesOf<K, V, VO>(
  name: string,
  serdes: { readonly key: Serde<K>; readonly left: Serde<V>; readonly right: Serde<VO> },
  options: Pick<
    AsOfJoinOptions<K, V, VO, unknown>,
    'tolerance' | 'grace' | 'wait' | keyof RecordStoreOptions
  >,
): AsOfStores<K, V, VO> {
  const { key: keySerde, left, right } = serdes
  const { logging = true, topicConfig = {}, changelogCleanup = 'delete', wait = true } = options
  const common = { key: keySerde, logging, topicConfig }
  const others = recordWindowStore(`${name}-other`, {
    ...common,
    value: right,
    // A record that is just not late looks back so far, both ends included.
    retentionMs: durationToMs(options.tolerance) + durationToMs(options.grace) + 1,
    changelogCleanup,
  })
  const waiting = waitingRecords(`${name}-waiting`, { ...common, value: left })
  return {
    others: { builder: others, keySerde, valueSerde: right },
    waiting: wait ? { builder: waiting, keySerde, valueSerde: left } : undefined,
  }
}

function processorPlan<K, V, KR, VR>(
  name: string,
  parents: readonly PlanNode[],
  supplier: ProcessorSupplier<K, V, KR, VR>,
): ProcessorPlan {
  return {
    kind: 'processor',
    name,
    parents,
    operator: () => supplier,
    stores: [],
    uses: [],
    table: undefined,
    changes: 'nothing',
  }
}
