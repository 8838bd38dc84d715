import type { StoreBuilder } from '../state/store-builder.ts'
import { type ExternalSinkDraft, withChildren } from './assembly.ts'
import type {
  ExternalSink,
  GlobalStore,
  RepartitionTopic,
  SourceChangelog,
  Subtopology,
  TopologyNode,
} from './topology-node.ts'

/**
 * The connected parts: nodes are connected by edges and by stores that they share. Numbered by
 * their first node, in the order in which nodes were added (Kafka Streams: `makeNodeGroups`).
 */
export function nodeGroups(nodes: readonly TopologyNode[]): readonly (readonly TopologyNode[])[] {
  const parent = new Map<string, string>(nodes.map(({ name }) => [name, name]))
  const userOf = new Map<string, string>()
  for (const node of nodes) {
    for (const above of node.parents) unite(parent, above, node.name)
    for (const store of node.kind === 'processor' ? node.stores : []) {
      const user = userOf.get(store)
      if (user === undefined) userOf.set(store, node.name)
      else unite(parent, user, node.name)
    }
  }
  const groups = new Map<string, TopologyNode[]>()
  for (const node of nodes) {
    const root = rootOf(parent, node.name)
    const group = groups.get(root)
    if (group === undefined) groups.set(root, [node])
    else group.push(node)
  }
  return [...groups.values()]
}

export interface SubtopologyParts {
  readonly stores: ReadonlyMap<string, StoreBuilder>
  /** By the name of their source. */
  readonly globalStores: ReadonlyMap<string, StoreBuilder>
  /** By store. */
  readonly sourceChangelogs: ReadonlyMap<string, SourceChangelog>
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>
  /** Names of source nodes. */
  readonly copartitioned: readonly (readonly string[])[]
  readonly externalSinks: readonly ExternalSinkDraft[]
}

export interface Groups {
  readonly subtopologies: readonly Subtopology[]
  readonly globalStores: readonly GlobalStore[]
  readonly externalSinks: readonly ExternalSink[]
}

/**
 * All groups are counted together, so the ids of sub-topologies have gaps where global stores are. External sinks come
 * after the others: they shift no ids.
 */
export function makeSubtopologies(nodes: readonly TopologyNode[], parts: SubtopologyParts): Groups {
  const subtopologies: Subtopology[] = []
  const globalStores: GlobalStore[] = []
  const groups = nodeGroups(nodes)
  for (const [id, group] of groups.entries()) {
    const global = globalStoreOf(id, group, parts.globalStores)
    if (global === undefined) subtopologies.push(subtopologyOf(id, group, parts))
    else globalStores.push(global)
  }
  return {
    subtopologies: Object.freeze(subtopologies),
    globalStores: Object.freeze(globalStores),
    externalSinks: Object.freeze(
      parts.externalSinks.map((sink, i) =>
        Object.freeze({
          ...sink,
          id: groups.length + i,
          nodes: Object.freeze(withChildren(sink.nodes)),
        }),
      ),
    ),
  }
}

function subtopologyOf(
  id: number,
  group: readonly TopologyNode[],
  parts: SubtopologyParts,
): Subtopology {
  const stores = storesOf(group, parts.stores)
  const sourceChangelogs = stores
    .map(({ name }) => parts.sourceChangelogs.get(name))
    .filter((changelog) => changelog !== undefined)
  return Object.freeze({
    id,
    nodes: Object.freeze(group),
    stores,
    sourceChangelogs: Object.freeze(sourceChangelogs),
    writesInternal: internalTopicsOf(group, parts.repartitionTopics),
    copartitioned: copartitionedOf(group, parts.copartitioned),
  })
}

function globalStoreOf(
  id: number,
  nodes: readonly TopologyNode[],
  stores: ReadonlyMap<string, StoreBuilder>,
): GlobalStore | undefined {
  for (const node of nodes) {
    const store = stores.get(node.name)
    if (store === undefined || node.kind !== 'source') continue
    const [topic = ''] = sourceTopics(node)
    return Object.freeze({ id, topic, nodes: Object.freeze(nodes), store })
  }
  return undefined
}

function storesOf(
  group: readonly TopologyNode[],
  stores: ReadonlyMap<string, StoreBuilder>,
): readonly StoreBuilder[] {
  const used = new Set<string>()
  for (const node of group) {
    if (node.kind === 'processor') for (const store of node.stores) used.add(store)
  }
  return Object.freeze(
    [...used].map((name) => stores.get(name)).filter((store) => store !== undefined),
  )
}

function internalTopicsOf(
  group: readonly TopologyNode[],
  topics: ReadonlyMap<string, RepartitionTopic>,
): readonly string[] {
  const written = new Set<string>()
  for (const node of group) {
    if (node.kind === 'sink' && typeof node.topic === 'string' && topics.has(node.topic)) {
      written.add(node.topic)
    }
  }
  return Object.freeze([...written])
}

/** Topics where the sources name them, the source's own name for a pattern. */
function copartitionedOf(
  group: readonly TopologyNode[],
  groups: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const sources = new Map(group.map((node) => [node.name, node]))
  const found = groups
    .map((names) => names.map((name) => sources.get(name)).filter((node) => node !== undefined))
    .filter((members) => members.length > 0)
  return Object.freeze(
    found.map((members) => Object.freeze([...new Set(members.flatMap(sourceTopics))])),
  )
}

function sourceTopics(node: TopologyNode): readonly string[] {
  if (node.kind !== 'source') return []
  return node.topics instanceof RegExp ? [node.name] : node.topics
}

function rootOf(parent: Map<string, string>, name: string): string {
  let root = name
  for (let next = parent.get(root); next !== undefined && next !== root; next = parent.get(root)) {
    root = next
  }
  return root
}

function unite(parent: Map<string, string>, a: string, b: string): void {
  parent.set(rootOf(parent, a), rootOf(parent, b))
}
