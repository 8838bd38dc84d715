import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import type { Serde } from '../serde/serde.ts'
import { serdes } from '../serde/serdes.ts'
import {
  type SubscriptionResponse,
  subscriptionResponseSerde,
} from '../serde/subscription-response-serde.ts'
import { subscriptionSerde } from '../serde/subscription-serde.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { PlanNode, ProcessorPlan, RepartitionPlan, TableFacet } from '../topology/plan-node.ts'
import type { StreamPartitioner } from '../topology/topology-node.ts'
import { type Dsl, serdeOf, type TableState } from './dsl.ts'
import { type ForeignKeyJoinNames, foreignKeyJoinNames } from './foreign-key-join-names.ts'
import type { KTable } from './ktable.ts'
import { answer } from './operators/foreign-key/answer.ts'
import { type KeySchema, subscriptionStore } from './operators/foreign-key/protocol.ts'
import { receive } from './operators/foreign-key/receive.ts'
import { resolve } from './operators/foreign-key/resolve.ts'
import { type ForeignKeyExtractor, subscribe } from './operators/foreign-key/subscribe.ts'
import { update } from './operators/foreign-key/update.ts'
import { tableSource } from './operators/table-source.ts'
import type { ValueJoiner } from './operators/value-joiner.ts'
import { tableStore, type TableStoreOptions } from './store-options.ts'
import { rowsOf } from './table-rows.ts'

/**
 * Options of a join over a foreign key (Kafka Streams: `TableJoined` and `Materialized`). Name it: the names of its two
 * topics and of its subscription store are made of the name.
 */
export interface ForeignKeyJoinOptions<K, V, KO, R> extends TableStoreOptions<K, R> {
  /** The key in the other table that a row belongs to; null for none. */
  readonly foreignKey: ForeignKeyExtractor<K, V, KO>
  /**
   * Of an inner join; a left join does not need it. False, as in Kafka Streams: an old result may stay for ever
   * when a row changes while the one that it belongs to is being deleted. True: whoever drops an answer that there
   * is no row asks again, and the result is always the join of the two tables in the end. It may come twice then.
   * @defaultValue false
   */
  readonly asksAgain?: boolean
  /**
   * The partition of a key of this table. @defaultValue the one that the row came from
   */
  readonly partitioner?: StreamPartitioner<K, null>
  /** The partition of a key of the other table, null for none. Give it where that is not spread by Kafka's default. */
  readonly otherPartitioner?: StreamPartitioner<KO | null, null>
  /**
   * True: `dropped` also gets answers of the other table to what a row was before, each with the other's value.
   * They come whenever a row changes again at once, and nothing is lost with them. @defaultValue false
   */
  readonly tellsStaleResponses?: boolean
}

export interface ForeignKeyJoin<K, V, VO, R> {
  readonly joiner: ValueJoiner<K, V, VO | null, R>
  readonly isLeftJoin: boolean
}

/** One join, while it is put together. */
interface Assembly<K, V, KO, VO, R> {
  readonly dsl: Dsl
  readonly names: ForeignKeyJoinNames
  readonly left: TableState<K, V>
  readonly right: TableState<KO, VO>
  readonly keys: KeySchema<K, KO>
  /** Of the rows on the left, to be hashed. */
  readonly value: Serde<V>
  readonly join: ForeignKeyJoin<K, V, VO, R>
  readonly options: ForeignKeyJoinOptions<K, V, KO, R> & DroppedOptions<K, V | VO>
}

/** `KTable.join` and `leftJoin` over a foreign key: see `operators/foreign-key/protocol.ts`. */
export function joinForeignKey<K, V, KO, VO, R>(
  dsl: Dsl,
  tables: { readonly left: TableState<K, V>; readonly right: TableState<KO, VO> },
  join: ForeignKeyJoin<K, V, VO, R>,
  options: ForeignKeyJoinOptions<K, V, KO, R> & DroppedOptions<K, V | VO>,
): KTable<K, R> {
  const { left, right } = tables
  const names = foreignKeyJoinNames(dsl.plan, options.name)
  const keys: KeySchema<K, KO> = {
    registration: names.registrationTopic,
    primaryKey: left.key ?? missingSerde,
    foreignKey: right.key ?? missingSerde,
  }
  const value = left.value ?? missingSerde
  const assembly = { dsl, names, left, right, keys, value, join, options }
  const registration = addSubscribing(assembly)
  dsl.plan.copartition([...right.sources, registration.sourceName])
  const response = addAnswering(assembly, registration)
  const sources = new Set([...left.sources, response.sourceName])
  dsl.plan.copartition([...sources])
  return addResolving(assembly, response, sources)
}

/** On the left: tells the right side of each change, over the registration topic. */
function addSubscribing<K, V, KO, VO, R>(parts: Assembly<K, V, KO, VO, R>): RepartitionPlan {
  const { dsl, names, left, right, keys, value, options } = parts
  const { isLeftJoin } = parts.join
  const { foreignKey, otherPartitioner } = options
  const node = dsl.plan.append<ProcessorPlan>({
    ...PROCESSOR,
    name: names.subscribe,
    parents: [left.node],
    operator: (settings) =>
      subscribe<K, V, KO>({
        foreignKey,
        keys,
        value,
        isLeftJoin,
        isVersioned: settings.isVersioned(left.node),
      }),
    needsSerdesOf: [left, right],
    uses: [
      { table: right.node, wants: 'old-values' },
      { table: left.node, wants: 'old-values' },
    ],
  })
  return dsl.plan.append(
    topicOf(names.registrationTopic, {
      parents: [node],
      sinkName: names.registrationSink,
      sourceName: names.registrationSource,
      keySerde: keys.foreignKey,
      valueSerde: subscriptionSerde,
      partitioner: otherPartitioner === undefined ? undefined : byKey(otherPartitioner),
    }),
  )
}

/** On the right: keeps subscriptions and answers them, over the response topic. */
function addAnswering<K, V, KO, VO, R>(
  parts: Assembly<K, V, KO, VO, R>,
  registration: PlanNode,
): RepartitionPlan {
  const { dsl, names, left, right, keys, options } = parts
  const store = subscriptionStore(names.subscriptionStore)
  const keeps = [{ builder: store, keySerde: serdes.bytes, valueSerde: subscriptionSerde }]
  const { partitioner } = options
  const receiving = dsl.plan.append<ProcessorPlan>({
    ...PROCESSOR,
    name: names.receive,
    parents: [registration],
    operator: () => receive({ keys, store }),
    keeps,
  })
  const answering = dsl.plan.append<ProcessorPlan>({
    ...PROCESSOR,
    name: names.answer,
    parents: [receiving],
    operator: (settings) => answer<K, KO, VO>({ keys, rows: rowsOf(settings, right) }),
    uses: [{ table: right.node, wants: 'rows' }],
  })
  const updating = dsl.plan.append<ProcessorPlan>({
    ...PROCESSOR,
    name: names.update,
    parents: [right.node],
    operator: (settings) =>
      update<K, KO, VO>({ keys, store, isVersioned: settings.isVersioned(right.node) }),
    keeps,
  })
  return dsl.plan.append(
    topicOf(names.responseTopic, {
      parents: [answering, updating],
      sinkName: names.responseSink,
      sourceName: names.responseSource,
      keySerde: left.key ?? missingSerde,
      valueSerde: right.value === undefined ? missingSerde : subscriptionResponseSerde(right.value),
      partitioner: partitioner === undefined ? backToSubscriber : byKey(partitioner),
    }),
  )
}

/** On the left again: joins the answers with the rows, and makes a table of what comes of it. */
function addResolving<K, V, KO, VO, R>(
  parts: Assembly<K, V, KO, VO, R>,
  response: PlanNode,
  sources: ReadonlySet<string>,
): KTable<K, R> {
  const { dsl, names, left, keys, value: hashed, join, options } = parts
  const { asksAgain = false } = options
  const resolving = dsl.plan.append<ProcessorPlan>({
    ...PROCESSOR,
    name: names.resolve,
    parents: [response],
    operator: (settings) =>
      resolve<K, V, KO, VO, R>({
        ...join,
        rows: rowsOf(settings, left),
        value: hashed,
        keys,
        foreignKey: options.foreignKey,
        registrationSink: asksAgain ? names.registrationSink : undefined,
      }),
    uses: [{ table: left.node, wants: 'rows' }],
    // The description is that of Kafka Streams, which does not ask again.
    ...(asksAgain ? { sinksByName: [names.registrationSink] } : {}),
  })
  const { key = left.key } = options
  const value = serdeOf(dsl, 'value', options.value)
  const storeName = options.store ?? dsl.plan.newStoreName('KTABLE-FK-JOIN-OUTPUT-')
  const store = tableStore(storeName, { key, value }, options)
  const named = options.store !== undefined || options.versioned !== undefined
  const node = dsl.plan.append<ProcessorPlan & { readonly table: TableFacet }>({
    ...PROCESSOR,
    name: names.result,
    parents: [resolving],
    operator: ({ isStored, sendsOldValues }) =>
      tableSource({ store: isStored ? store.builder : undefined, sendOldValues: sendsOldValues }),
    table: { kind: 'source', store, named },
  })
  const by = [[names.subscribe], ...(options.tellsStaleResponses === true ? [[names.resolve]] : [])]
  tellDropped(dsl, options, { node, by, key: left.key, sources })
  return dsl.table({ node, key, value, sources, queryableStoreName: options.store })
}

const PROCESSOR = {
  kind: 'processor',
  stores: [],
  uses: [],
  table: undefined,
  changes: 'nothing',
} as const

/** A topic between the two sides. A null key passes: it says that there is no foreign key. */
function topicOf(
  topic: string,
  parts: Pick<
    RepartitionPlan,
    'parents' | 'sinkName' | 'sourceName' | 'keySerde' | 'valueSerde' | 'partitioner'
  >,
): RepartitionPlan {
  return {
    ...parts,
    kind: 'repartition',
    name: parts.sourceName,
    topic,
    filterName: undefined,
    partitions: undefined,
    optimizable: false,
  }
}

/** A partitioner of keys is given no value: those of the topics are none of the user's. */
function byKey<K>(partitioner: StreamPartitioner<K, null>): StreamPartitioner {
  return (key, _value, partitions, topic) => {
    const chosen = partitioner(key as K, null, partitions, topic) // the topic has keys of this type
    if (typeof chosen !== 'object') return chosen
    // A subscription is in one place, and so is who asked.
    const [only] = chosen
    if (chosen.length === 1) return only
    throw new TypeError(
      `the partitioner of a foreign-key join chose ${chosen.length} partitions, not one`,
    )
  }
}

/** To the partition that the row on the left came from; by its key, if an old version has not said which. */
const backToSubscriber: StreamPartitioner = (_key, value) => {
  const { primaryPartition } = value as SubscriptionResponse<unknown> // what the topic has
  return primaryPartition
}
