import type { Topology, TopologyNode } from '@millrace/core'
import { internalNames } from '@millrace/core/internal'

/** Topics outside that the topology names, and `more`, with their partition counts. */
export function clusterTopics(
  topology: Topology,
  partitions: number,
  more: Readonly<Record<string, number>>,
): Map<string, number> {
  const named = nodesOf(topology)
    .flatMap(namedTopics)
    .filter((topic) => !topology.repartitionTopics.has(topic))
  const counts = [...named.map((topic) => [topic, partitions] as const), ...Object.entries(more)]
  for (const [topic, count] of counts) {
    if (!Number.isInteger(count) || count < 1) {
      throw new TypeError(`not a partition count: ${count} for topic ${topic}`)
    }
  }
  return new Map(counts)
}

/**
 * Topics that may have records: of sources, sinks and changelogs. Undefined when a sink names its
 * topics at run time: then it can be any.
 */
export function topicsWithRecords(
  topology: Topology,
  applicationId: string,
): ReadonlySet<string> | undefined {
  const names = internalNames(topology, applicationId)
  const nodes = nodesOf(topology)
  const isOpen = nodes.some(
    (node) =>
      (node.kind === 'sink' && typeof node.topic === 'function') ||
      (node.kind === 'source' && node.topics instanceof RegExp),
  )
  if (isOpen) return undefined
  const stores = topology.subtopologies.flatMap((part) => part.stores)
  return new Set([
    ...nodes.flatMap(namedTopics).map(names.topicName),
    ...stores.filter(({ logging }) => logging).map(({ name }) => names.changelogTopic(name)),
  ])
}

function nodesOf(topology: Topology): readonly TopologyNode[] {
  const { subtopologies, globalStores, externalSinks } = topology
  return [...subtopologies, ...globalStores, ...externalSinks].flatMap(({ nodes }) => nodes)
}

function namedTopics(node: TopologyNode): readonly string[] {
  if (node.kind === 'source') return node.topics instanceof RegExp ? [] : node.topics
  return node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : []
}
