import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import { assert } from '../base/assert.ts'
import type { ProcessorPlan } from '../topology/plan-node.ts'
import type { Dsl, NamedOptions, SerdeOptions, StreamState } from './dsl.ts'
import type { GlobalTableState } from './global-ktable.ts'
import type { KStream } from './kstream.ts'
import type { KeyValueMapper } from './operators/map.ts'
import { streamTableJoin } from './operators/stream-table-join.ts'
import type { ValueJoiner } from './operators/value-joiner.ts'

/** Options of `KStream.join` and `leftJoin` with a global table. */
export interface GlobalJoinOptions<K, V, KG, VR> extends NamedOptions, DroppedOptions<K, V> {
  /** The key in the global table that a record is joined with; null: it has none. */
  readonly key: KeyValueMapper<K, V, KG | null>
  /** For what follows: a repartition, a store, a topic. */
  readonly value?: SerdeOptions<never, VR>['value']
}

export interface StreamGlobalJoin<K, V, KG, VG, VR> {
  readonly table: { readonly dsl: Dsl; readonly state: GlobalTableState<KG, VG> }
  readonly joiner: ValueJoiner<K, V, VG | null, VR>
  readonly isLeft: boolean
  readonly options: GlobalJoinOptions<K, V, KG, VR>
}

/** `KStream.join` with a global table. An inner join has the prefix of a left one, as in Kafka Streams. */
export function joinStreamGlobal<K, V, KG, VG, VR>(
  dsl: Dsl,
  stream: StreamState<K, V>,
  { table, joiner, isLeft, options }: StreamGlobalJoin<K, V, KG, VG, VR>,
): KStream<K, VR> {
  assert(table.dsl === dsl, 'join: stream and global table belong to different builders')
  assert(typeof options.key === 'function', 'join: give the option key, for the global table')
  const { rows } = table.state
  const supplier = streamTableJoin({ table: rows, keyOf: options.key, joiner, isLeft })
  const node = dsl.plan.append<ProcessorPlan>({
    kind: 'processor',
    name: dsl.plan.nameOr(options.name, 'KSTREAM-LEFTJOIN-'),
    parents: [stream.node],
    operator: () => supplier,
    stores: [],
    uses: [],
    table: undefined,
    changes: 'nothing',
    joinsNullKeys: isLeft,
  })
  const { key, needsRepartition, sources } = stream
  tellDropped(dsl, options, { node, key, needsRepartition, sources })
  return dsl.stream({ ...stream, node, value: options.value })
}
