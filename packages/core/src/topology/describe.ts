import { copiedHashSetOrder, grownHashSetOrder } from './java-hash-set.ts'
import { JavaTreeSet } from './java-tree-set.ts'
import type { Groups } from './subtopologies.ts'
import type { ExternalSink, GlobalStore, Subtopology, TopologyNode } from './topology-node.ts'

/**
 * The text of Kafka Streams' `TopologyDescription`, byte for byte, so that the same topology written
 * in Java can be compared. Its order is partly that of Java's collections; see the two files of them.
 */
export function describeTopology({ subtopologies, globalStores, externalSinks }: Groups): string {
  const parts = [
    ...subtopologies.map((part) => ({ id: part.id, text: describeSubtopology(part) })),
    ...globalStores.map((part) => ({ id: part.id, text: describeGlobalStore(part) })),
    ...externalSinks.map((part) => ({ id: part.id, text: describeExternalSink(part) })),
  ]
  const texts = parts.sort((a, b) => a.id - b.id).map(({ text }) => text)
  return `Topologies:\n ${texts.join('')}`
}

/** The target at the end of a pipeline, as a node of its description. */
interface TargetNode {
  readonly kind: 'external-sink'
  readonly name: string
  readonly parents: readonly string[]
  readonly target: string
}

type DescribedNode = TopologyNode | TargetNode

/** A node with its neighbours; `size` counts the paths below it, and decides the order. */
interface Described {
  readonly node: DescribedNode
  readonly above: JavaTreeSet<Described>
  readonly below: JavaTreeSet<Described>
  readonly parents: Described[]
  size: number
}

function describeSubtopology({ id, nodes }: Subtopology): string {
  return `  Sub-topology: ${id}\n${describeNodes(nodes)}\n`
}

function describeGlobalStore({ id, nodes }: GlobalStore): string {
  return `  Sub-topology: ${id} for global store (will not generate tasks)\n${describeNodes(nodes)}`
}

/** Kafka Streams has nothing like it; in the style of the others. */
function describeExternalSink({ id, nodes, name, parents, sink }: ExternalSink): string {
  const target: TargetNode = { kind: 'external-sink', name, parents, target: sink.kind }
  const title = `Sub-topology: ${id} for external sink (will not generate tasks)`
  return `  ${title}\n${describeNodes([...nodes, target])}\n`
}

function describeNodes(nodes: readonly DescribedNode[]): string {
  return connect(nodes)
    .sort(bySize)
    .map((described) => `    ${describeNode(described)}\n`)
    .join('')
}

/** Larger trees first, then by name. */
function bySize(a: Described, b: Described): number {
  if (a.size !== b.size) return b.size - a.size
  return a.node.name < b.node.name ? -1 : a.node.name > b.node.name ? 1 : 0
}

/** Java connects the nodes in the order of a HashMap, and sorts neighbours by the sizes known by then. */
function connect(nodes: readonly DescribedNode[]): Described[] {
  const byName = new Map<string, Described>()
  for (const node of nodes) byName.set(node.name, unconnected(node))
  for (const name of grownHashSetOrder([...byName.keys()])) {
    const described = byName.get(name)
    if (described === undefined) continue
    for (const parent of described.node.parents) {
      const above = byName.get(parent)
      if (above === undefined) continue
      described.above.add(above)
      described.parents.push(above)
      above.below.add(described)
      grow(above, described.size)
    }
  }
  return [...byName.values()]
}

function unconnected(node: DescribedNode): Described {
  return {
    node,
    above: new JavaTreeSet(bySize),
    below: new JavaTreeSet(bySize),
    parents: [],
    size: 1,
  }
}

function grow(described: Described, by: number): void {
  described.size += by
  for (const parent of new Set(described.parents)) grow(parent, by)
}

function describeNode({ node, above, below }: Described): string {
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topics: ${topicsOf(node.topics)})\n      --> ${names(below)}`
    case 'processor': {
      const stores = copiedHashSetOrder(grownHashSetOrder(node.stores)).join(', ')
      return `Processor: ${node.name} (stores: [${stores}])\n      --> ${names(below)}\n      <-- ${names(above)}`
    }
    case 'sink':
      return `Sink: ${node.name} (${targetOf(node.topic)})\n      <-- ${names(above)}`
    case 'external-sink':
      return `External sink: ${node.name} (kind: ${node.target})\n      <-- ${names(above)}`
  }
}

function topicsOf(topics: readonly string[] | RegExp): string {
  if (topics instanceof RegExp) return topics.source
  return `[${copiedHashSetOrder(topics).join(', ')}]`
}

function targetOf(topic: string | { readonly name: string }): string {
  if (typeof topic === 'string') return `topic: ${topic}`
  return `extractor class: ${topic.name === '' ? 'anonymous' : topic.name}`
}

function names(nodes: JavaTreeSet<Described>): string {
  const all = nodes.items().map(({ node }) => node.name)
  return all.length === 0 ? 'none' : all.join(', ')
}
