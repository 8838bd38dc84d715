import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import { assert } from '../base/assert.ts'
import type { Serde } from '../serde/serde.ts'
import {
  type RecordStoreOptions,
  type RecordWindowStore,
  recordWindowStore,
} from '../state/record-window-store.ts'
import { type OuterJoinStore, outerJoinStore } from '../state/outer-join-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { JoinWindows } from '../time/join-windows.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { ProcessorPlan, StreamJoinPlan } from '../topology/plan-node.ts'
import type { Dsl, NamedOptions, SerdeOptions, StreamState } from './dsl.ts'
import type { KStream } from './kstream.ts'
import { joinWindow } from './operators/join-window.ts'
import { passThrough } from './operators/pass-through.ts'
import { streamJoinSide } from './operators/stream-join.ts'
import { streamSelfJoin } from './operators/stream-self-join.ts'
import type { UnmatchedParts } from './operators/unmatched-records.ts'
import type { ValueJoiner } from './operators/value-joiner.ts'
import { repartitionedForJoin } from './repartition-for-join.ts'
import { type JoinNames, type JoinKind, joinNames } from './stream-join-names.ts'

/** Options of a join of two streams (Kafka Streams: `JoinWindows` and `StreamJoined`). */
export interface StreamJoinOptions<K, V, VO, R>
  extends NamedOptions, RecordStoreOptions, DroppedOptions<K, V | VO> {
  /** Which records are joined: `joinWindows('5 minutes', { grace: '1 minute' })`. */
  readonly within: JoinWindows
  /** Begins the names of the operators, and those of the repartition topics: `<application>-<name>-left-repartition`. */
  readonly name?: string
  /**
   * Begins the names of the stores: `<store>-this-join-store`, `<store>-other-join-store`… Or the names of
   * the stores of both sides as they are. A generated name changes with the operators before it, and then the
   * state seems lost.
   */
  readonly store?: string | { readonly this: string; readonly other: string }
  /** Of stores, repartition topics, and of what follows. @defaultValue that of this stream, or of the other */
  readonly key?: SerdeOptions<K, never>['key']
  /** Of store and repartition topic. @defaultValue that of this stream */
  readonly thisValue?: SerdeOptions<never, V>['value']
  /** Of store and repartition topic. @defaultValue that of the other stream */
  readonly otherValue?: SerdeOptions<never, VO>['value']
  /** Of the results, for what follows. */
  readonly value?: SerdeOptions<never, R>['value']
}

/** A stream that another one is joined with. */
export class StreamSide<K, V> {
  readonly dsl: Dsl
  readonly state: StreamState<K, V>

  constructor(dsl: Dsl, state: StreamState<K, V>) {
    this.dsl = dsl
    this.state = state
  }
}

export interface StreamJoin<K, V, VO, R> {
  readonly kind: JoinKind
  readonly other: StreamSide<K, VO>
  readonly joiner: ValueJoiner<K, V | null, VO | null, R>
  readonly options: StreamJoinOptions<K, V, VO, R>
}

/**
 * `KStream.join`, `leftJoin` and `outerJoin` with another stream. Numbers are used up for the repartitions,
 * the two windows, the two sides and the merge (Kafka Streams: `KStreamImplJoin`).
 */
export function joinStreams<K, V, VO, R>(
  dsl: Dsl,
  stream: StreamState<K, V>,
  { kind, other, joiner, options }: StreamJoin<K, V, VO, R>,
): KStream<K, R> {
  assert(other.dsl === dsl, 'join: the streams belong to different builders')
  const { plan } = dsl
  const { name, key = stream.key ?? other.state.key, value } = options
  const left = repartitionedForJoin(dsl, stream, {
    name: name === undefined ? undefined : `${name}-left`,
    key: options.key,
    value: options.thisValue,
  })
  const right = repartitionedForJoin(dsl, other.state, {
    name: name === undefined ? undefined : `${name}-right`,
    key: options.key,
    value: options.otherValue,
  })
  const sources = new Set([...left.sources, ...right.sources])
  plan.copartition([...sources])

  const names = joinNames(plan, kind, options)
  const serdes: JoinSerdes<K, V, VO> = {
    key: key ?? missingSerde,
    left: left.value ?? missingSerde,
    right: right.value ?? missingSerde,
  }
  const stores = storesOf(names, serdes, options)
  const windowed = {
    left: plan.append(
      windowOf(names.left.windowed, left, stores.left, {
        keySerde: serdes.key,
        valueSerde: serdes.left,
      }),
    ),
    right: plan.append(
      windowOf(names.right.windowed, right, stores.right, {
        keySerde: serdes.key,
        valueSerde: serdes.right,
      }),
    ),
  }
  const node = plan.append<StreamJoinPlan>({
    kind: 'stream-join',
    name: names.merge,
    parents: [left.node, right.node],
    windowed,
    ...sidesOf(names, stores, { kind, joiner, windows: options.within }),
    merge: passThrough(),
    joinsNullKeys: kind !== 'inner',
  })
  const { left: leftNames, right: rightNames } = names
  // One that is joined with itself has one processor in place of sides and merge.
  const by = [
    [leftNames.windowed],
    [rightNames.windowed],
    [leftNames.join, names.merge],
    [rightNames.join, names.merge],
  ]
  tellDropped(dsl, options, { node, by, key, sources })
  return dsl.stream<K, R>({ node, key, value, needsRepartition: false, sources })
}

interface JoinSerdes<K, V, VO> {
  readonly key: Serde<K>
  readonly left: Serde<V>
  readonly right: Serde<VO>
}

interface JoinStores<K, V, VO> {
  readonly left: StoreBuilder<RecordWindowStore<K, V>>
  readonly right: StoreBuilder<RecordWindowStore<K, VO>>
  readonly shared: StoreBuilder<OuterJoinStore<K>>
}

function storesOf<K, V, VO, R>(
  names: JoinNames,
  { key, left, right }: JoinSerdes<K, V, VO>,
  options: StreamJoinOptions<K, V, VO, R>,
): JoinStores<K, V, VO> {
  const { beforeMs, afterMs, graceMs } = options.within
  const { logging = true, topicConfig = {}, changelogCleanup = 'delete' } = options
  const retentionMs = beforeMs + afterMs + graceMs
  const common = { key, logging, topicConfig }
  const windows = { ...common, changelogCleanup, retentionMs }
  return {
    left: recordWindowStore(names.left.store, { ...windows, value: left }),
    right: recordWindowStore(names.right.store, { ...windows, value: right }),
    shared: outerJoinStore(names.sharedStore, { ...common, left, right }),
  }
}

function windowOf<K, V>(
  name: string,
  stream: StreamState<K, V>,
  store: StoreBuilder<RecordWindowStore<K, V>>,
  serdes: { readonly keySerde: Serde<K>; readonly valueSerde: Serde<V> },
): ProcessorPlan {
  return {
    kind: 'processor',
    name,
    parents: [stream.node],
    operator: () => joinWindow(store),
    stores: [],
    keeps: [{ builder: store, ...serdes }],
    uses: [],
    table: undefined,
    changes: 'nothing',
  }
}

type Sides = Pick<StreamJoinPlan, 'left' | 'right' | 'selfJoin'>

function sidesOf<K, V, VO, R>(
  names: JoinNames,
  { left, right, shared }: JoinStores<K, V, VO>,
  {
    kind,
    joiner,
    windows,
  }: Pick<StreamJoin<K, V, VO, R>, 'kind' | 'joiner'> & { readonly windows: JoinWindows },
): Sides {
  const isLeftOuter = kind !== 'inner'
  const isRightOuter = kind === 'outer'
  const unmatched: UnmatchedParts<K, R> | undefined = isLeftOuter
    ? {
        windows,
        store: shared,
        resultOf: ({ isLeft, value, key }) =>
          // The side says what the value is.
          isLeft ? joiner(value as V, null, key) : joiner(null, value as VO, key),
      }
    : undefined
  const stores = isLeftOuter ? [shared] : []
  return {
    left: {
      name: names.left.join,
      supplier: streamJoinSide<K, V, VO, R>({
        isLeft: true,
        windows,
        otherStore: right,
        joiner,
        isOuter: isLeftOuter,
        isOtherOuter: isRightOuter,
        unmatched,
      }),
      stores: [right, ...stores],
    },
    right: {
      name: names.right.join,
      supplier: streamJoinSide<K, VO, V, R>({
        isLeft: false,
        windows,
        otherStore: left,
        joiner: (own, other, key) => joiner(other, own, key),
        isOuter: isRightOuter,
        isOtherOuter: isLeftOuter,
        unmatched,
      }),
      stores: [left, ...stores],
    },
    selfJoin: {
      // Both sides are the same stream.
      supplier: streamSelfJoin<K, V, R>({
        windows,
        store: left,
        joiner: joiner as ValueJoiner<K, V, unknown, R>,
      }),
      stores: [left],
    },
  }
}
