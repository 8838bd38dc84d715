import { assertNever } from '../base/assert.ts'
import type { TimestampExtractor } from '../time/timestamp-extractor.ts'
import type { Subtopology, TopologyNode } from '../topology/topology-node.ts'
import { NodeContext } from './node-context.ts'
import type { Node } from './node.ts'
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
}

/** The nodes of one task, built from the plan of its sub-topology. */
export class TaskNodes {
  /** Parents before children. */
  readonly #nodes: readonly Node[]
  readonly #sources: ReadonlyMap<string, SourceNodeInstance>

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
    for (const plan of parts.subtopology.nodes) {
      const children = plan.children
        .map((name) => nodes.get(name))
        .filter((node) => node !== undefined)
      contexts.get(plan.name)?.connect(children)
    }
    this.#nodes = [...nodes.values()]
    this.#sources = sources
  }

  source(name: string): SourceNodeInstance {
    const source = this.#sources.get(name)
    if (source === undefined) throw new TypeError(`no source ${name} in this sub-topology`)
    return source
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
