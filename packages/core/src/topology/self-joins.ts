import type { PlanGraph } from './plan-graph.ts'
import type { PlanNode } from './plan-node.ts'

/**
 * Has a stream that is joined with itself kept in one store: takes the window of the right side out of the graph,
 * which is what `writePlanNode` goes by (Kafka Streams: `rewriteSingleStoreSelfJoin`).
 *
 * Inner joins only. Kafka Streams does it to left and outer ones as well, which then have no result for null keys
 * and for records that are not within their own window.
 */
export function useOneStoreForSelfJoins(graph: PlanGraph, nodes: readonly PlanNode[]): void {
  for (const node of nodes) {
    if (node.kind !== 'stream-join' || node.joinsNullKeys) continue
    const [parent, ...others] = graph.parents(node)
    if (parent !== undefined && others.length === 0) {
      graph.disconnect(parent, node.windowed.right)
    }
  }
}
