import type { BuildOptions } from './build-options.ts'
import { isMissing, missingSerde } from './missing-serde.ts'
import type { PlanGraph } from './plan-graph.ts'
import type { PlanNode, RepartitionPlan } from './plan-node.ts'

type Changes = 'nothing' | 'value' | 'key'
type Repartitions = Map<PlanNode, Set<RepartitionPlan>>

/**
 * Makes one repartition of several that follow one operator that changes the key, and puts it right below that
 * operator, or below the merge where several of them come together (Kafka Streams: `mergeRepartitionTopics`).
 *
 * One that has an operator that changes values above it, nearer than the one that changes the key, stays: its
 * records are not those of the others. `repartition()` stays as well. So does one that gets records past the operator, or
 * changed on one of the ways from it, by a merge; Kafka Streams takes it away all the same, and what follows gets those
 * records where they are. Where Kafka Streams fails for a repartition that is found twice, here it is the lower one of
 * the merges that counts.
 *
 * @returns by the name of a source that is gone, the names of those in its place: the inputs of a cogroup have one name
 */
export function mergeRepartitions(
  graph: PlanGraph,
  /** In the order in which each was appended first. */
  nodes: readonly PlanNode[],
  { mergesOverProcessors = false }: Pick<BuildOptions, 'mergesOverProcessors'>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const replaced = new Map<string, Set<string>>()
  const gone = new Set<RepartitionPlan>()
  const changes = (node: PlanNode): Changes => changesOf(node, mergesOverProcessors)
  for (const [above, found] of belowMerges(graph, nodes, byKeyChange(graph, nodes, changes))) {
    const repartitions = [...found].filter(
      (one) => !gone.has(one) && isFedUnchanged(graph, { above, node: one }, changes),
    )
    const [first] = repartitions
    if (first === undefined) continue
    const merged = mergedRepartition(above, first, repartitions)
    graph.insert(merged, above)
    for (const repartition of repartitions) {
      moveBelow(graph, { repartition, merged, above })
      gone.add(repartition)
      const { name } = repartition
      replaced.set(name, (replaced.get(name) ?? new Set()).add(merged.name))
    }
    graph.connect(above, merged)
  }
  return replaced
}

/** The repartitions by the operator that made them necessary. */
function byKeyChange(
  graph: PlanGraph,
  nodes: readonly PlanNode[],
  changes: (node: PlanNode) => Changes,
): Repartitions {
  const found: Repartitions = new Map()
  for (const node of nodes) {
    if (changes(node) === 'key') found.set(node, new Set())
    if (node.kind !== 'repartition' || !node.optimizable) continue
    const keyChange = nearest(graph, node, (one) => changes(one) === 'key')
    const change = nearest(graph, node, (one) => changes(one) !== 'nothing')
    if (keyChange !== undefined && keyChange === change) found.get(keyChange)?.add(node)
  }
  return found
}

/** Those of operators that come together in a merge are put below the merge. */
function belowMerges(
  graph: PlanGraph,
  nodes: readonly PlanNode[],
  byChange: Repartitions,
): Repartitions {
  const merged: [PlanNode, PlanNode[]][] = []
  for (const merge of nodes) {
    if (merge.kind !== 'processor' || merge.isMerge !== true) continue
    const changes = [...byChange].filter(
      ([change, repartitions]) =>
        [...repartitions].every((one) => isAbove(graph, merge, one)) &&
        isAbove(graph, change, merge),
    )
    merged.push([merge, changes.map(([change]) => change)])
  }
  const result = new Map(byChange)
  for (const change of merged.flatMap(([, changes]) => changes)) result.delete(change)
  // The lowest first: all that comes together in those above it flows through it.
  for (const [merge, changes] of merged.reverse()) {
    const repartitions = changes.flatMap((change) => [...(byChange.get(change) ?? [])])
    result.set(merge, new Set(repartitions))
  }
  return result
}

/** The topic is that of the first; serdes are those of the first that has any. */
function mergedRepartition(
  above: PlanNode,
  { topic }: RepartitionPlan,
  all: readonly RepartitionPlan[],
): RepartitionPlan {
  const sourceName = `${topic}-source`
  const keySerde = all.find((one) => !isMissing(one.keySerde))?.keySerde ?? missingSerde
  const valueSerde = all.find((one) => !isMissing(one.valueSerde))?.valueSerde ?? missingSerde
  return Object.freeze({
    kind: 'repartition',
    name: sourceName,
    parents: [above],
    topic,
    filterName: `${topic}-filter`,
    sinkName: `${topic}-sink`,
    sourceName,
    keySerde,
    valueSerde,
    partitions: undefined,
    partitioner: undefined,
    optimizable: true,
  })
}

interface Move {
  readonly repartition: RepartitionPlan
  readonly merged: RepartitionPlan
  readonly above: PlanNode
}

/** What is between `above` and the repartition comes below the merged one, and the repartition goes. */
function moveBelow(graph: PlanGraph, { repartition, merged, above }: Move): void {
  // None where another repartition has moved it already, several where they come together in a merge.
  const towards = graph.children(above).filter((child) => isAbove(graph, child, repartition))
  for (const child of towards) {
    graph.connect(merged, child)
    graph.disconnect(above, child)
  }
  const parents = graph.parents(repartition)
  for (const below of graph.children(repartition)) {
    for (const parent of parents) graph.connect(parent, below)
    graph.disconnect(repartition, below)
  }
  for (const parent of parents) graph.disconnect(parent, repartition)
}

function changesOf(node: PlanNode, mergesOverProcessors: boolean): Changes {
  // What comes out of a table is in the partition of its key, and a repartition below it is one of its own.
  if (node.kind !== 'processor' || node.table !== undefined) return 'nothing'
  if (node.changes !== 'unknown') return node.changes
  return mergesOverProcessors ? 'nothing' : 'value'
}

/** True when every record that reaches `node` comes from `above`, on whatever way, with its key and value. */
function isFedUnchanged(
  graph: PlanGraph,
  { above, node }: { readonly above: PlanNode; readonly node: PlanNode },
  changes: (node: PlanNode) => Changes,
): boolean {
  const parents = graph.parents(node)
  if (node === above) return true
  return (
    parents.length > 0 &&
    parents.every((parent) => {
      const isPlain = changes(parent) === 'nothing' && parent.kind !== 'repartition'
      return (
        parent === above || (isPlain && isFedUnchanged(graph, { above, node: parent }, changes))
      )
    })
  )
}

function isAbove(graph: PlanGraph, above: PlanNode, node: PlanNode): boolean {
  return nearest(graph, node, (one) => one === above) !== undefined
}

/** The first node that it holds for: `node`, then each of its parents with all that is above it. */
function nearest(
  graph: PlanGraph,
  node: PlanNode,
  holds: (node: PlanNode) => boolean,
): PlanNode | undefined {
  if (holds(node)) return node
  for (const parent of graph.parents(node)) {
    const found = nearest(graph, parent, holds)
    if (found !== undefined) return found
  }
  return undefined
}
