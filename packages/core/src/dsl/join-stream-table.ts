import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import { assert } from '../base/assert.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { type WaitingRecords, waitingRecords } from '../state/waiting-records.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { Operator, OperatorStore, ProcessorPlan } from '../topology/plan-node.ts'
import type { Dsl, NamedOptions, SerdeOptions, StreamState, TableState } from './dsl.ts'
import type { KStream } from './kstream.ts'
import { streamTableGraceJoin } from './operators/stream-table-grace-join.ts'
import { streamTableJoin } from './operators/stream-table-join.ts'
import type { ValueJoiner } from './operators/value-joiner.ts'
import { repartitionedForJoin } from './repartition-for-join.ts'

/** Options of `KStream.join` and `leftJoin` with a table (Kafka Streams: `Joined`). */
export interface StreamTableJoinOptions<K, V, VR> extends NamedOptions, DroppedOptions<K, V> {
  /** Also names the repartition topic of the stream, if there is one: `<application>-<name>-repartition`. */
  readonly name?: string
  /** Of the repartition topic, and of what follows. @defaultValue that of the stream */
  readonly key?: SerdeOptions<K, never>['key']
  /** Values of the stream in the repartition topic. @defaultValue that of the stream */
  readonly thisValue?: SerdeOptions<never, V>['value']
  /**
   * Lets each record wait until stream time is this much beyond its timestamp, so that updates of the table which
   * come later than the record are seen. Only with a `versioned` table, whose history must be as long. Waiting
   * records are in a store, with the changelog `<application>-<name of the join>-Buffer-changelog`.
   * @defaultValue records do not wait
   */
  readonly grace?: Duration
  /** For what follows: a repartition, a store, a topic. */
  readonly value?: SerdeOptions<never, VR>['value']
}

export interface TableSide<K, VT> {
  readonly dsl: Dsl
  readonly state: TableState<K, VT>
}

export interface StreamTableJoin<K, V, VT, VR> {
  readonly table: TableSide<K, VT>
  readonly joiner: ValueJoiner<K, V, VT | null, VR>
  readonly isLeft: boolean
  readonly options: StreamTableJoinOptions<K, V, VR>
}

/** `KStream.join` with a table. Numbers are used up for the repartition and then for the operator. */
export function joinStreamTable<K, V, VT, VR>(
  dsl: Dsl,
  stream: StreamState<K, V>,
  { table, joiner, isLeft, options }: StreamTableJoin<K, V, VT, VR>,
): KStream<K, VR> {
  assert(table.dsl === dsl, 'join: stream and table belong to different builders')
  const { plan } = dsl
  const { name, thisValue } = options
  const side = repartitionedForJoin(dsl, stream, { name, key: options.key, value: thisValue })
  const sources = new Set([...side.sources, ...table.state.sources])
  plan.copartition([...sources])
  const { node: tableNode } = table.state
  const joinName = plan.nameOr(name, isLeft ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-')
  const serdes = { key: options.key ?? side.key, value: thisValue ?? side.value }
  const wait = waitOf(joinName, serdes, options.grace)
  const operator: Operator = (settings) => {
    const rows = settings.getter(tableNode) as ValueGetterSupplier<K, VT> // rows of this table
    if (wait === undefined)
      return streamTableJoin({ table: rows, keyOf: undefined, joiner, isLeft })
    const { graceMs, waiting } = wait
    return streamTableGraceJoin({ table: rows, joiner, isLeft, waiting: waiting.builder, graceMs })
  }
  const node = plan.append<ProcessorPlan>({
    kind: 'processor',
    name: joinName,
    parents: [side.node],
    operator,
    stores: [],
    ...(wait === undefined ? {} : { keeps: [wait.waiting], rowsWaitMs: wait.graceMs }),
    uses: [{ table: tableNode, wants: 'rows' }],
    table: undefined,
    changes: 'nothing',
    joinsNullKeys: isLeft,
  })
  const { key = side.key, value } = options
  tellDropped(dsl, options, { node, key, sources })
  return dsl.stream({ node, key, value, needsRepartition: false, sources })
}

interface Wait<K, V> {
  readonly graceMs: number
  readonly waiting: OperatorStore & { readonly builder: StoreBuilder<WaitingRecords<K, V>> }
}

function waitOf<K, V>(
  name: string,
  serdes: Pick<StreamState<K, V>, 'key' | 'value'>,
  grace: Duration | undefined,
): Wait<K, V> | undefined {
  if (grace === undefined) return undefined
  const { key: keySerde = missingSerde, value: valueSerde = missingSerde } = serdes
  const builder = waitingRecords(`${name}-Buffer`, { key: keySerde, value: valueSerde })
  return {
    graceMs: durationToMs(grace),
    waiting: { builder, keySerde, valueSerde, valueOption: 'thisValue' },
  }
}
