import type { PlanGraph } from './plan-graph.ts'
import type { PlanNode } from './plan-node.ts'

/**
 * Has a stream that is joined with itself kept in one store: takes the window of the right side out of the graph,
 * which is what `writePlanNode` goes by (Kafka Streams: `rewriteSingleStoreSelfJoin`).
 *
 * Left and outer joins too, as in Kafka Streams, though their results are others then: a record without a key has
 * none, and each other record is joined with itself, also where it is not within its own window.
 */
export function useOneStoreForSelfJoins(graph: PlanGraph, nodes: readonly PlanNode[]): void {
  for (const node of nodes) {
    if (node.kind !== 'stream-join') continue
    const [parent, ...others] = graph.parents(node)
    if (parent !== undefined && others.length === 0) {
      graph.disconnect(parent, node.windowed.right)
    }
  }
}
