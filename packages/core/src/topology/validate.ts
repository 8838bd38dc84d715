import { matchesTopic } from './topic-pattern.ts'
import type { Groups } from './subtopologies.ts'
import type { RepartitionTopic, SinkNode, Subtopology, TopologyNode } from './topology-node.ts'

type RepartitionTopics = ReadonlyMap<string, RepartitionTopic>

/** What can be said only about the whole: one line a problem, each with its operator. */
export function validateTopology(
  { subtopologies, globalStores, externalSinks }: Groups,
  repartitionTopics: RepartitionTopics,
): readonly string[] {
  const nodes = subtopologies.flatMap((part) => part.nodes)
  const readsNothing = !nodes.some((node) => node.kind === 'source')
  if (globalStores.length === 0 && externalSinks.length === 0 && readsNothing) {
    return ['the topology reads nothing: call stream(), table() or addSource()']
  }
  return [
    ...sinkProblems(nodes, repartitionTopics),
    ...subtopologies.flatMap((part) => partitionProblems(part, repartitionTopics)),
  ]
}

function sinkProblems(nodes: readonly TopologyNode[], topics: RepartitionTopics): string[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const problems: string[] = []
  const writers = new Map<string, string>()
  for (const node of nodes) {
    if (node.kind !== 'sink' || typeof node.topic !== 'string') continue
    const { name, topic } = node
    const other = writers.get(topic)
    if (topics.has(topic) && other !== undefined) {
      problems.push(`${name}: '${topic}' is a repartition topic, which ${other} writes already`)
    }
    writers.set(topic, name)
    const source = loopingSource(node, topic, byName)
    if (source !== undefined) {
      problems.push(`${name}: writes '${topic}', which its own source ${source} reads by pattern`)
    }
  }
  return problems
}

/** The pattern source upstream of `sink` that would read what it writes, for ever. */
function loopingSource(
  sink: SinkNode | Omit<SinkNode, 'children'>,
  topic: string,
  byName: ReadonlyMap<string, TopologyNode>,
): string | undefined {
  const open: string[] = [...sink.parents]
  const seen = new Set<string>()
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = byName.get(name)
    if (node === undefined || seen.has(name)) continue
    seen.add(name)
    if (node.kind !== 'source') open.push(...node.parents)
    else if (node.topics instanceof RegExp && matchesTopic(node.topics, topic)) return name
  }
  return undefined
}

/** Topics that a join reads side by side must be cut alike (Kafka Streams: `validateCopartition`). */
function partitionProblems(part: Subtopology, topics: RepartitionTopics): string[] {
  const problems: string[] = []
  for (const group of part.copartitioned) {
    const counts = group.map((topic) => topics.get(topic)?.partitions)
    const fixed = new Set(counts.filter((count) => count !== undefined))
    if (fixed.size < 2) continue
    const listed = group
      .map((topic, i) => `${topic} ${String(counts[i] ?? 'undetermined')}`)
      .join(', ')
    problems.push(
      `sub-topology ${part.id}: topics of a join have different partition counts: ${listed}`,
    )
  }
  return problems
}
