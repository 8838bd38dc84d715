import type { PlanNode, SourcePlan } from './plan-node.ts'

/**
 * The plan with its edges in both directions, which rewrites may change before it is compiled.
 * Children and parents keep the order in which they were added, each once.
 */
export class PlanGraph {
  readonly #place = new Map<PlanNode, number>()
  readonly #children = new Map<PlanNode, Set<PlanNode>>()
  readonly #parents = new Map<PlanNode, Set<PlanNode>>()
  readonly #roots = new Set<PlanNode>()

  constructor(nodes: readonly PlanNode[]) {
    for (const [place, node] of nodes.entries()) {
      this.#place.set(node, place)
      if (node.parents.length === 0) this.#roots.add(node)
      for (const parent of node.parents) this.connect(parent, node)
    }
  }

  get roots(): readonly PlanNode[] {
    return [...this.#roots]
  }

  parents(node: PlanNode): readonly PlanNode[] {
    return [...setOf(this.#parents, node)]
  }

  children(node: PlanNode): readonly PlanNode[] {
    return [...setOf(this.#children, node)]
  }

  connect(parent: PlanNode, child: PlanNode): void {
    setOf(this.#children, parent).add(child)
    setOf(this.#parents, child).add(parent)
  }

  /** A node without parents that was no root is not of the graph any more. */
  disconnect(parent: PlanNode, child: PlanNode): void {
    setOf(this.#children, parent).delete(child)
    setOf(this.#parents, child).delete(parent)
  }

  /** Takes a node without children out of the graph. */
  remove(node: PlanNode): void {
    for (const parent of this.parents(node)) this.disconnect(parent, node)
    this.#roots.delete(node)
  }

  /** Makes a new node known, at the place of `like`. It is to be connected. */
  insert(node: PlanNode, like: PlanNode): void {
    this.#place.set(node, this.#placeOf(like))
  }

  /** Gives the children of `source` to `target`, and removes `source`. */
  mergeInto(target: SourcePlan, source: SourcePlan): void {
    for (const child of setOf(this.#children, source)) {
      setOf(this.#parents, child).delete(source)
      this.connect(target, child)
    }
    this.#children.delete(source)
    this.#roots.delete(source)
  }

  /**
   * All nodes, parents before children, else by their place in the plan: the order in which Kafka
   * Streams writes its graph to the topology (`buildAndOptimizeTopology`).
   */
  inWriteOrder(): readonly PlanNode[] {
    const waiting = new Set<PlanNode>(this.#roots)
    const written = new Set<PlanNode>()
    while (waiting.size > 0) {
      const next = this.#first(waiting)
      waiting.delete(next)
      if (this.parents(next).every((parent) => written.has(parent))) written.add(next)
      for (const child of setOf(this.#children, next)) {
        if (!written.has(child)) waiting.add(child)
      }
    }
    return [...written]
  }

  #first(nodes: ReadonlySet<PlanNode>): PlanNode {
    let first: PlanNode | undefined
    for (const node of nodes) {
      if (first === undefined || this.#placeOf(node) < this.#placeOf(first)) first = node
    }
    if (first === undefined) throw new TypeError('no node is waiting')
    return first
  }

  #placeOf(node: PlanNode): number {
    return this.#place.get(node) ?? -1
  }
}

function setOf(edges: Map<PlanNode, Set<PlanNode>>, node: PlanNode): Set<PlanNode> {
  const known = edges.get(node)
  if (known !== undefined) return known
  const empty = new Set<PlanNode>()
  edges.set(node, empty)
  return empty
}
