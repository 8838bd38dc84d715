import type { Awaitable } from '../base/awaitable.ts'
import { assertNever } from '../base/assert.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'
import type { Subtopology, TopologyNode } from '../topology/topology-node.ts'
import { NodeContext } from './node-context.ts'
import type { Node } from './node.ts'
import { nodeTimes, UNKNOWN_TIME } from './node-times.ts'
import { ProcessorNodeInstance } from './processor-node-instance.ts'
import { SinkNodeInstance } from './sink-node-instance.ts'
import { SourceNodeInstance } from './source-node-instance.ts'
import type { TaskScope } from './task-scope.ts'

export interface TaskNodesParts {
  readonly subtopology: Pick<Subtopology, 'nodes'>
  readonly scope: TaskScope
  readonly timestampExtractor: TimestampExtractor
  /** Puts the application id in front of internal names. */
  readonly topicName: (name: string) => string
  /** Takes what leaves the nodes elsewhere than to topics. */
  readonly outlet?: Outlet
}

/** A child that is not in the plan: it comes after the others. */
export interface Outlet {
  /** Names of the nodes that forward to it. */
  readonly parents: readonly string[]
  readonly node: Node
}

/** A node in which something waits for event time. */
export interface WaitingNode {
  readonly name: string
  readonly advanceTime: (timeMs: number) => Awaitable<void>
}

export interface TopicSink {
  readonly name: string
  readonly topic: string
}

/** The nodes of one task, built from the plan of its sub-topology. */
export class TaskNodes {
  /** Parents before children. */
  readonly #nodes: readonly Node[]
  readonly #sources: ReadonlyMap<string, SourceNodeInstance>
  readonly #subtopology: Pick<Subtopology, 'nodes'>

  constructor(parts: TaskNodesParts) {
    const contexts = new Map<string, NodeContext>()
    const nodes = new Map<string, Node>()
    const sources = new Map<string, SourceNodeInstance>()
    for (const plan of parts.subtopology.nodes) {
      const stores = plan.kind === 'processor' ? plan.stores : []
      const context = new NodeContext(plan.name, parts.scope, stores)
      contexts.set(plan.name, context)
      const node = createNode(plan, context, parts)
      nodes.set(plan.name, node)
      if (node instanceof SourceNodeInstance) sources.set(plan.name, node)
    }
    const taking = new Set(parts.subtopology.nodes.filter(takesDropped).map(({ name }) => name))
    for (const plan of parts.subtopology.nodes) {
      const nodesOf = (names: readonly string[]): readonly Node[] =>
        names.map((name) => nodes.get(name)).filter((node) => node !== undefined)
      const isAboveOutlet = parts.outlet?.parents.includes(plan.name) === true
      const outlets = isAboveOutlet ? [parts.outlet.node] : []
      const children = [...nodesOf(plan.children), ...outlets]
      contexts.get(plan.name)?.connect({
        children: children.filter(({ name }) => !taking.has(name)),
        takingDropped: children.filter(({ name }) => taking.has(name)),
        byName: nodesOf(plan.kind === 'processor' ? (plan.sinksByName ?? []) : []),
      })
    }
    this.#nodes = [...nodes.values()]
    this.#sources = sources
    this.#subtopology = parts.subtopology
  }

  source(name: string): SourceNodeInstance {
    const source = this.#sources.get(name)
    if (source === undefined) throw new TypeError(`no source ${name} in this sub-topology`)
    return source
  }

  /** Nodes in which something waits for event time, in order. */
  get waiting(): readonly WaitingNode[] {
    return this.#nodes.flatMap(({ name, advanceTime }) =>
      advanceTime === undefined ? [] : { name, advanceTime },
    )
  }

  /** The sinks that write these topics. */
  sinksOf(topics: readonly string[]): readonly TopicSink[] {
    return this.#subtopology.nodes.flatMap((node) => {
      if (node.kind !== 'sink' || typeof node.topic !== 'string') return []
      return topics.includes(node.topic) ? { name: node.name, topic: node.topic } : []
    })
  }

  /** Event time at each node, from that of the sources. */
  timesFrom(sourceTimeMs: (source: string) => number): (node: string) => number {
    const held = new Map(this.#nodes.map(({ name, holdsBackMs }) => [name, holdsBackMs]))
    const times = nodeTimes(this.#subtopology, sourceTimeMs, (name) => held.get(name) ?? 0)
    return (node) => times.get(node) ?? UNKNOWN_TIME
  }

  async init(): Promise<void> {
    for (const node of this.#nodes) await node.init()
  }

  async flush(): Promise<void> {
    for (const node of this.#nodes) await node.flush()
  }

  /** Closes every node, also after one that throws; then throws the first error. */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const node of this.#nodes) {
      try {
        await node.close()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

function takesDropped(node: TopologyNode): boolean {
  return node.kind === 'processor' && node.takesDropped === true
}

function createNode(plan: TopologyNode, context: NodeContext, parts: TaskNodesParts): Node {
  switch (plan.kind) {
    case 'source':
      return new SourceNodeInstance(plan, context, parts.timestampExtractor)
    case 'processor':
      return new ProcessorNodeInstance(plan, context, parts.scope)
    case 'sink':
      return new SinkNodeInstance(plan, parts.scope, parts.topicName)
    default:
      return assertNever(plan)
  }
}
