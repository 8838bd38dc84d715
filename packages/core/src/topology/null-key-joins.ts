import type { PlanGraph } from './plan-graph.ts'
import type { PlanNode } from './plan-node.ts'

/**
 * The nodes from which records can reach a join that has a result for null keys. A repartition among
 * them keeps null keys, any other drops them (KIP-962; Kafka Streams: `NodesWithRelaxedNullKeyJoinDownstream`).
 */
export function aboveNullKeyJoins(
  graph: PlanGraph,
  nodes: readonly PlanNode[],
): ReadonlySet<PlanNode> {
  const above = new Set<PlanNode>()
  const add = (node: PlanNode): void => {
    for (const parent of graph.parents(node)) {
      if (above.has(parent)) continue
      above.add(parent)
      add(parent)
    }
  }
  for (const node of nodes) {
    const isJoin = node.kind === 'processor' || node.kind === 'stream-join'
    if (isJoin && node.joinsNullKeys === true) add(node)
  }
  return above
}
