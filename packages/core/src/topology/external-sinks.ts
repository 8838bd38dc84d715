import { failOnInvalidTimestamp } from '../time/timestamp-extractor.ts'
import type { Assembly, ExternalNodeDraft } from './assembly.ts'
import { nameProblem } from './names.ts'
import type { PlanGraph } from './plan-graph.ts'
import type { ExternalSinkPlan, PlanNode, ProcessorPlan, SourcePlan } from './plan-node.ts'
import type { TableResolution } from './table-resolution.ts'

/*
 * What leads to an external sink, and runs before it outside of transactions: the sink is then written right from the
 * topics above, which costs one reading and no writing.
 *
 * The rule. A sink is direct when everything above it, up to sources of named topics, is a stateless step that keeps
 * the key, and none of the steps that are called for their effects (`peek`) leads to anything else. Such steps are
 * copied: the sink has all of them for itself, and the tasks keep those that lead to something else too.
 *
 * Invariant: each record is given once to a `peek`, by the tasks or by one sink; and again only after an abort, or
 * when the sink wants it again.
 */

/** A node that can run outside of tasks. */
type MovableNode = SourcePlan | ProcessorPlan

/** What leads to a direct sink. */
export interface DirectChain {
  /** Parents before children. */
  readonly links: readonly ChainLink[]
  /** Names of those right above the sink. */
  readonly parents: readonly string[]
}

interface ChainLink {
  readonly node: MovableNode
  readonly parents: readonly string[]
}

export interface DirectSinks {
  /** By sink; those that are not direct are not there. */
  readonly chains: ReadonlyMap<ExternalSinkPlan, DirectChain>
  /** What leads to direct sinks only, and is not in the graph any more. */
  readonly moved: readonly MovableNode[]
}

/** The topic that is written for a sink that is not direct, without the application id. */
export function sinkTopicName(sink: string): string {
  return `${sink}-sink`
}

/** Takes direct sinks out of the graph, and with them what leads to nothing else. */
export function takeOutDirectSinks(graph: PlanGraph): DirectSinks {
  const inOrder = graph.inWriteOrder()
  const chains = new Map<ExternalSinkPlan, DirectChain>()
  for (const node of inOrder) {
    if (node.kind !== 'external-sink') continue
    const members = membersOf(graph, node)
    if (members === undefined) continue
    const links = inOrder.filter((one) => isMovable(one)).filter((one) => members.has(one))
    chains.set(node, {
      links: links.map((one) => ({ node: one, parents: parentNames(graph, one) })),
      parents: parentNames(graph, node),
    })
  }
  for (const sink of chains.keys()) {
    for (const parent of graph.parents(sink)) graph.disconnect(parent, sink)
  }
  const leading = new Set<PlanNode>(
    [...chains.values()].flatMap(({ links }) => links.map(({ node }) => node)),
  )
  const moved: MovableNode[] = []
  for (const node of [...inOrder].reverse()) {
    if (leading.has(node) && isMovable(node)) moved.push(...takeOut(graph, node))
  }
  return { chains, moved: moved.reverse() }
}

/** Undefined for a sink that is not direct. */
function membersOf(graph: PlanGraph, sink: ExternalSinkPlan): ReadonlySet<PlanNode> | undefined {
  if (sink.through === 'internal-topic') return undefined
  const members = new Set<MovableNode>()
  const above = [...graph.parents(sink)]
  for (let node = above.pop(); node !== undefined; node = above.pop()) {
    if (!isMovable(node)) return undefined
    if (members.has(node)) continue
    members.add(node)
    above.push(...graph.parents(node))
  }
  // A split names its branches: those that lead elsewhere are there too, and lead nowhere.
  for (const branch of [...members].filter(isSplit).flatMap((split) => graph.children(split))) {
    if (isMovable(branch)) members.add(branch)
  }
  const theirs = new Set<PlanNode>([...members, sink])
  const mustStay = [...members].some((node) => hasEffects(node) && leadsOut(graph, node, theirs))
  return mustStay ? undefined : members
}

function parentNames(graph: PlanGraph, node: PlanNode): readonly string[] {
  return graph.parents(node).map(({ name }) => name)
}

function isMovable(node: PlanNode): node is MovableNode {
  if (node.kind === 'source') return !(node.topics instanceof RegExp)
  return node.kind === 'processor' && node.stateless !== undefined
}

function hasEffects(node: MovableNode): boolean {
  return node.kind === 'processor' && node.stateless === 'effects'
}

function isSplit(node: PlanNode): boolean {
  return node.kind === 'processor' && node.stateless === 'split'
}

/** True when something below `node`, however far, is none of `members`. */
function leadsOut(graph: PlanGraph, node: PlanNode, members: ReadonlySet<PlanNode>): boolean {
  return graph
    .children(node)
    .some((child) => !members.has(child) || leadsOut(graph, child, members))
}

/** A branch that nothing follows. Its split needs it, and it needs nothing. */
function isDeadBranch(graph: PlanGraph, node: PlanNode): boolean {
  return graph.children(node).length === 0 && graph.parents(node).some(isSplit)
}

/** A branch goes with its split, and not before. */
function takeOut(graph: PlanGraph, node: MovableNode): readonly MovableNode[] {
  const children = graph.children(node)
  if (graph.parents(node).some(isSplit)) return []
  if (!children.every((child) => isDeadBranch(graph, child))) return []
  const branches = children.filter((child) => isMovable(child))
  for (const gone of [...branches, node]) graph.remove(gone)
  return [...branches.reverse(), node]
}

/** Checks what the tasks do not check: these nodes are in none of them. */
export function announceMoved(node: MovableNode, assembly: Assembly): void {
  if (node.kind === 'source') assembly.checkSerdes(node.name, node)
  assembly.announceExternal(node)
}

export interface ExternalSinkTarget {
  readonly assembly: Assembly
  readonly tables: TableResolution
}

/** @param chain undefined: it is written from its internal topic, which is there already */
export function writeExternalSink(
  plan: ExternalSinkPlan,
  chain: DirectChain | undefined,
  { assembly, tables }: ExternalSinkTarget,
): void {
  const { name, sink, options } = plan
  checkDeadLetters(plan, assembly)
  if (chain === undefined) {
    const source = sinkTopicSource(plan)
    assembly.announceExternal(source)
    assembly.addExternalSink({ name, sink, options, nodes: [source], parents: [source.name] })
    return
  }
  const nodes = chain.links.map(({ node, parents }): ExternalNodeDraft => {
    if (node.kind === 'source') return { ...node, parents }
    const supplier = node.operator(tables.settings(node))
    return { kind: 'processor', name: node.name, parents, supplier, stores: [] }
  })
  assembly.addExternalSink({ name, sink, options, nodes, parents: chain.parents })
}

function checkDeadLetters({ name, options }: ExternalSinkPlan, { problems }: Assembly): void {
  const { deadLetterTopic } = options
  const problem = deadLetterTopic === undefined ? undefined : nameProblem(deadLetterTopic)
  if (problem !== undefined) problems.push(`${name}: deadLetterTopic: ${problem}`)
}

function sinkTopicSource({ name, keySerde, valueSerde }: ExternalSinkPlan): ExternalNodeDraft {
  const topic = sinkTopicName(name)
  return {
    kind: 'source',
    name: `${topic}-source`,
    parents: [],
    topics: [topic],
    keySerde,
    valueSerde,
    timestampExtractor: failOnInvalidTimestamp,
    // What was written before the group first committed is to be written out as well.
    autoOffsetReset: 'earliest',
  }
}
