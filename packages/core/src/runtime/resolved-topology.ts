import { MillraceError } from '../errors/millrace-error.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { matchesTopic } from '../topology/topic-pattern.ts'
import type { SourceNode, Subtopology, Topology } from '../topology/topology-node.ts'
import { type Idleness, idlenessOf } from './idleness.ts'
import { repartitionCounts } from './repartition-counts.ts'

/** Of the empty topics that lead sub-topologies with patterns. */
const LEAD_SUFFIX = '-lead'

/** Of the topic on which members tell each other which tasks they have. */
export function membersTopicName(applicationId: string): string {
  return `${applicationId}-millrace-members`
}

export interface ResolvedSource {
  readonly node: SourceNode
  /** Real names: patterns matched, internal names with the application id in front. */
  readonly topics: readonly string[]
}

/** A topic that Millrace creates. */
export interface InternalTopic {
  readonly topic: string
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
  /** A topic without records may have more partitions than needed, and can be given more. */
  readonly canGrow: boolean
}

export interface ResolvedSubtopology {
  readonly subtopology: Subtopology
  readonly sources: readonly ResolvedSource[]
  /**
   * The only topic of the sub-topology that the group subscribes to: whoever is given its partition p
   * takes partition p of every source topic. The one with the most partitions; ties by name.
   *
   * With a pattern it is an empty topic made for this: members may see a new topic at different times,
   * and two of them with different lead topics would both own a task.
   */
  readonly leadTopic: string
  /** The most partitions that one of the source topics has. */
  readonly taskCount: number
}

/** The topology with everything that only the cluster knows. */
export interface ResolvedTopology {
  readonly subtopologies: readonly ResolvedSubtopology[]
  readonly internalTopics: readonly InternalTopic[]
  /** Partition counts of all source topics, internal ones included. */
  readonly partitions: ReadonlyMap<string, number>
  readonly repartitionTopics: ReadonlySet<string>
  readonly idleness: Idleness
}

export interface InternalNames {
  /** The name in the cluster of a topic in the plan. */
  readonly topicName: (name: string) => string
  /** That of the store's own, or the topic of its source. */
  readonly changelogTopic: (store: string) => string
}

export function internalNames(topology: Topology, applicationId: string): InternalNames {
  const changelogs = topology.subtopologies.flatMap((part) => part.sourceChangelogs)
  const sources = new Map(changelogs.map(({ store, topic }) => [store, topic]))
  return {
    topicName: (name) => (topology.repartitionTopics.has(name) ? `${applicationId}-${name}` : name),
    changelogTopic: (store) => sources.get(store) ?? ownChangelog(applicationId, store),
  }
}

function ownChangelog(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}

/** Topics that the plan names and does not own. */
export function externalTopics(topology: Topology): readonly string[] {
  const names = topology.subtopologies
    .flatMap((subtopology) => sourceNodes(subtopology))
    .flatMap((node) => (node.topics instanceof RegExp ? [] : node.topics))
  const global = topology.globalStores.map(({ topic }) => topic)
  return [...new Set([...names, ...global])].filter((name) => !topology.repartitionTopics.has(name))
}

export function hasPatterns(topology: Topology): boolean {
  return topology.subtopologies.some((subtopology) =>
    sourceNodes(subtopology).some((node) => node.topics instanceof RegExp),
  )
}

/** Patterns of the plan that none of the topics matches. */
export function unmatchedPatterns(
  topology: Topology,
  applicationId: string,
  topics: readonly string[],
): readonly RegExp[] {
  const sources = resolveSources(topology, internalNames(topology, applicationId), {
    existing: topics,
    applicationId,
  })
  return [...sources.values()]
    .flat()
    .flatMap(({ node, topics: found }) =>
      node.topics instanceof RegExp && found.length === 0 ? [node.topics] : [],
    )
}

/**
 * Fits the plan to the cluster.
 *
 * @param existing partition counts of the cluster's topics, at least those the plan reads
 * @throws MillraceError `MR_UNKNOWN_TOPIC` for source topics that are missing, all of them;
 * `MR_TOPOLOGY` for co-partitioned topics of different partition counts
 */
export function resolveTopology(
  topology: Topology,
  applicationId: string,
  existing: ReadonlyMap<string, number>,
): ResolvedTopology {
  const names = internalNames(topology, applicationId)
  const sources = resolveSources(topology, names, { existing: [...existing.keys()], applicationId })
  assertTopicsExist(externalTopics(topology), existing)
  const partitions = repartitionCounts({ topology, names, sources, existing })
  const subtopologies = topology.subtopologies.map((subtopology) =>
    resolveSubtopology(subtopology, sources.get(subtopology) ?? [], { partitions, applicationId }),
  )
  return {
    subtopologies,
    internalTopics: [
      ...[...topology.repartitionTopics.values()].map(({ name, config }) => {
        const topic = names.topicName(name)
        return { topic, partitions: partitions.get(topic) ?? 1, config, canGrow: false }
      }),
      ...subtopologies.filter(isLedByOwnTopic).map(({ leadTopic, taskCount }) => ({
        topic: leadTopic,
        partitions: Math.max(taskCount, 1),
        config: {},
        canGrow: true,
      })),
      ...subtopologies.flatMap(({ subtopology, taskCount }) =>
        ownChangelogs(subtopology).map((store) => changelog(store, names, taskCount)),
      ),
    ],
    partitions,
    repartitionTopics: new Set([...topology.repartitionTopics.keys()].map(names.topicName)),
    idleness: idlenessOf(topology.subtopologies),
  }
}

function sourceNodes(subtopology: Subtopology): readonly SourceNode[] {
  return subtopology.nodes.filter((node) => node.kind === 'source')
}

function ownChangelogs({ stores, sourceChangelogs }: Subtopology): readonly StoreBuilder[] {
  const others = new Set(sourceChangelogs.map(({ store }) => store))
  return stores.filter(({ name, logging }) => logging && !others.has(name))
}

function changelog(store: StoreBuilder, names: InternalNames, partitions: number): InternalTopic {
  const topic = names.changelogTopic(store.name)
  return { topic, partitions, config: store.topicConfig, canGrow: false }
}

function resolveSources(
  topology: Topology,
  names: InternalNames,
  { existing, applicationId }: { existing: readonly string[]; applicationId: string },
): Map<Subtopology, readonly ResolvedSource[]> {
  const own = new Set([...topology.repartitionTopics.keys()].map(names.topicName))
  own.add(membersTopicName(applicationId))
  for (const { stores } of topology.subtopologies) {
    for (const store of stores) own.add(ownChangelog(applicationId, store.name))
  }
  const isOwn = (topic: string): boolean =>
    own.has(topic) || (topic.startsWith(`${applicationId}-`) && topic.endsWith(LEAD_SUFFIX))
  const candidates = existing.filter((topic) => !topic.startsWith('__') && !isOwn(topic)).sort()
  return new Map(
    topology.subtopologies.map((subtopology) => [
      subtopology,
      sourceNodes(subtopology).map((node) => {
        const { topics } = node
        return topics instanceof RegExp
          ? { node, topics: candidates.filter((topic) => matchesTopic(topics, topic)) }
          : { node, topics: topics.map(names.topicName) }
      }),
    ]),
  )
}

/** @throws MillraceError `MR_UNKNOWN_TOPIC` that names all of `topics` that are missing */
export function assertTopicsExist(
  topics: readonly string[],
  existing: ReadonlyMap<string, number>,
): void {
  const missing = topics.filter((topic) => !existing.has(topic))
  const [first] = missing
  if (first === undefined) return
  throw new MillraceError('MR_UNKNOWN_TOPIC', `Topics do not exist: ${missing.join(', ')}`, {
    hint: 'Create the topics before the app starts: Millrace creates internal topics only.',
    at: { topic: first },
  })
}

function resolveSubtopology(
  subtopology: Subtopology,
  sources: readonly ResolvedSource[],
  { partitions, applicationId }: { partitions: ReadonlyMap<string, number>; applicationId: string },
): ResolvedSubtopology {
  let leadTopic = ''
  let taskCount = 0
  for (const topic of sources.flatMap((source) => source.topics).sort()) {
    const count = partitions.get(topic) ?? 0
    if (count <= taskCount) continue
    leadTopic = topic
    taskCount = count
  }
  const pattern = sources.find(({ node }) => node.topics instanceof RegExp)
  if (pattern !== undefined) leadTopic = `${applicationId}-${pattern.node.name}${LEAD_SUFFIX}`
  return { subtopology, sources, leadTopic, taskCount }
}

function isLedByOwnTopic({ sources }: ResolvedSubtopology): boolean {
  return sources.some(({ node }) => node.topics instanceof RegExp)
}
