import type { KTable } from '@millrace/core'
import type { BuildContext, OperatorFamily } from './build-context.ts'
import type { Grouping } from './grouping.ts'
import type { AggregateSpec, NodeOf, ReduceSpec, SerdeName } from './scenario-node.ts'

/** Aggregations of whatever is grouped. */
export const aggregationOperators: OperatorFamily<'count' | 'reduce' | 'aggregate'> = {
  count: (build, node) => {
    addAggregation(build, node, (grouping) => ({ table: grouping.count?.(node), serde: 'long' }))
  },
  reduce: (build, node) => {
    addAggregation(build, node, (grouping) => ({
      table: grouping.reduce?.(node),
      serde: grouping.serde,
    }))
  },
  aggregate: (build, node) => {
    addAggregation(build, node, (grouping) => ({
      table: grouping.aggregate?.(node),
      serde: 'string',
    }))
  },
}

function addAggregation(
  build: BuildContext,
  node: NodeOf<'count'> | ReduceSpec | AggregateSpec,
  aggregated: (grouping: Grouping) => {
    readonly table: KTable<unknown, unknown> | undefined
    readonly serde: SerdeName
  },
): void {
  const from = build.node(node.from)
  if (!('grouping' in from)) throw build.misplaced(node, from)
  const { table, serde } = aggregated(from.grouping)
  if (table === undefined) throw build.misplaced(node, from)
  build.add(node.id, { kind: 'table', table, serde, windowed: from.grouping.windowed })
}
