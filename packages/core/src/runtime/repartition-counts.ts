import { MillraceError } from '../errors/millrace-error.ts'
import type { Subtopology, Topology } from '../topology/topology-node.ts'
import type { InternalNames, ResolvedSource } from './resolved-topology.ts'

interface CountParts {
  readonly topology: Topology
  readonly names: InternalNames
  readonly sources: ReadonlyMap<Subtopology, readonly ResolvedSource[]>
  readonly existing: ReadonlyMap<string, number>
}

/**
 * Partition counts of all source topics.
 *
 * A repartition topic has the count that the user gave it; else the largest among the sources of the
 * sub-topologies that write it, which may be repartition topics themselves; then groups that must be
 * co-partitioned are made equal (Kafka Streams: `RepartitionTopics`, `CopartitionedTopicsEnforcer`).
 */
export function repartitionCounts(parts: CountParts): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const topic of [...parts.sources.values()].flat().flatMap((source) => source.topics)) {
    const count = parts.existing.get(topic)
    if (count !== undefined) counts.set(topic, count)
  }
  const undecided = new Set<string>()
  for (const { name, partitions } of parts.topology.repartitionTopics.values()) {
    const topic = parts.names.topicName(name)
    const kept = isFedByPattern(parts, name) ? parts.existing.get(topic) : undefined
    const count = partitions ?? kept
    // Else what exists from an earlier start is checked against the plan, not taken for it.
    if (count === undefined) {
      counts.delete(topic)
      undecided.add(name)
    } else counts.set(topic, count)
  }
  decide(parts, counts, undecided)
  for (const subtopology of parts.topology.subtopologies) {
    for (const group of subtopology.copartitioned) equalize(parts, subtopology, group, counts)
  }
  return counts
}

function decide(parts: CountParts, counts: Map<string, number>, undecided: Set<string>): void {
  for (let progress = true; progress && undecided.size > 0;) {
    progress = decideSome(parts, counts, undecided, 'all')
    // The two topics of a foreign-key join flow into each other's source: one has to begin.
    if (!progress) progress = decideSome(parts, counts, undecided, 'one')
  }
  if (undecided.size === 0) return
  throw new MillraceError(
    'MR_TOPOLOGY',
    `Cannot tell the partition counts of ${[...undecided].join(', ')}`,
    { hint: 'Give one of them a count: repartition({ partitions }).' },
  )
}

/** `all`: those whose upstream is decided. `one`: the first of which a part of the upstream is. */
function decideSome(
  parts: CountParts,
  counts: Map<string, number>,
  undecided: Set<string>,
  which: 'all' | 'one',
): boolean {
  let progress = false
  for (const name of undecided) {
    const { max, isWhole } = upstreamCount(parts, counts, name)
    if (max === undefined || (which === 'all' && !isWhole)) continue
    counts.set(parts.names.topicName(name), max)
    undecided.delete(name)
    progress = true
    if (which === 'one') break
  }
  return progress
}

/**
 * The topics of a pattern come and go, and the largest of them may be a new one. What is written
 * already was spread by the count that the repartition topic has: it stays.
 */
function isFedByPattern({ sources }: CountParts, name: string): boolean {
  return [...sources].some(
    ([subtopology, found]) =>
      subtopology.writesInternal.includes(name) &&
      found.some(({ node }) => node.topics instanceof RegExp),
  )
}

/** The largest count upstream that is decided, and whether all are. */
function upstreamCount(
  parts: CountParts,
  counts: ReadonlyMap<string, number>,
  name: string,
): { readonly max: number | undefined; readonly isWhole: boolean } {
  let max: number | undefined
  let isWhole = true
  for (const [subtopology, sources] of parts.sources) {
    if (!subtopology.writesInternal.includes(name)) continue
    for (const topic of sources.flatMap((source) => source.topics)) {
      const count = counts.get(topic)
      if (count === undefined) isWhole = false
      else max = Math.max(max ?? 0, count)
    }
  }
  return { max, isWhole }
}

function equalize(
  parts: CountParts,
  subtopology: Subtopology,
  group: readonly string[],
  counts: Map<string, number>,
): void {
  const topics = group.flatMap((member) => topicsOf(parts, subtopology, member))
  const isFree = (topic: string): boolean =>
    [...parts.topology.repartitionTopics.values()].some(
      ({ name, partitions }) => partitions === undefined && parts.names.topicName(name) === topic,
    )
  const fixed = topics.filter((topic) => !isFree(topic))
  const fixedCounts = new Set(fixed.map((topic) => counts.get(topic)))
  if (fixedCounts.size > 1) {
    const list = fixed.map((topic) => `${topic} has ${counts.get(topic) ?? '?'}`).join(', ')
    throw new MillraceError('MR_TOPOLOGY', `Topics must have equal partition counts: ${list}`, {
      hint: 'Repartition one of the inputs with repartition({ partitions }).',
    })
  }
  const [fixedCount] = fixedCounts
  const count = fixedCount ?? Math.max(...topics.map((topic) => counts.get(topic) ?? 0))
  for (const topic of topics) counts.set(topic, count)
}

/** A member of a group is a topic's name in the plan, or the name of a source node with a pattern. */
function topicsOf(
  { names, sources }: CountParts,
  subtopology: Subtopology,
  member: string,
): readonly string[] {
  const pattern = sources
    .get(subtopology)
    ?.find(({ node }) => node.name === member && node.topics instanceof RegExp)
  return pattern?.topics ?? [names.topicName(member)]
}
