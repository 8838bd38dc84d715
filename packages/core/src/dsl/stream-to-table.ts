import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import type { PlanNode, ProcessorPlan } from '../topology/plan-node.ts'
import type { Dsl, StreamState } from './dsl.ts'
import type { KTable } from './ktable.ts'
import { tableSource } from './operators/table-source.ts'
import { repartitionOf } from './repartition.ts'
import { tableStore, type TableStoreOptions } from './store-options.ts'

const PREFIX = 'KSTREAM-TOTABLE-'

/** `KStream.toTable`: numbers are used up for the operator, the store and then the repartition. */
export function streamToTable<K, V>(
  dsl: Dsl,
  stream: StreamState<K, V>,
  options: TableStoreOptions<K, V> & DroppedOptions<K, V>,
): KTable<K, V> {
  const { plan } = dsl
  const { key = stream.key, value = stream.value } = options
  const name = plan.nameOr(options.name, PREFIX)
  const store = tableStore(options.store ?? plan.newStoreName(PREFIX), { key, value }, options)
  const named = options.store !== undefined || options.versioned !== undefined
  const table = { kind: 'source', store, named } as const

  let parent: PlanNode = stream.node
  let { sources } = stream
  if (stream.needsRepartition) {
    const parts = { parent, prefix: name, key, value, optimizable: true }
    const repartition = plan.append(repartitionOf(plan, parts))
    parent = repartition
    sources = new Set([repartition.sourceName])
  }
  const node = plan.append<ProcessorPlan & { readonly table: typeof table }>({
    kind: 'processor',
    name,
    parents: [parent],
    operator: ({ isStored, sendsOldValues }) =>
      tableSource({ store: isStored ? store.builder : undefined, sendOldValues: sendsOldValues }),
    stores: [],
    uses: [],
    table,
    changes: 'nothing',
  })
  tellDropped(dsl, options, { node, key, sources })
  return dsl.table({ node, key, value, sources, queryableStoreName: options.store })
}
