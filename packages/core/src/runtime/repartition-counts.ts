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
  const undecided: string[] = []
  for (const { name, partitions } of parts.topology.repartitionTopics.values()) {
    const topic = parts.names.topicName(name)
    const kept = isFedByPattern(parts, name) ? parts.existing.get(topic) : undefined
    const count = partitions ?? kept
    // Else what exists from an earlier start is checked against the plan, not taken for it.
    if (count === undefined) {
      counts.delete(topic)
      undecided.push(name)
    } else counts.set(topic, count)
  }
  decide(parts, counts, undecided)
  for (const subtopology of parts.topology.subtopologies) {
    for (const group of joined(subtopology.copartitioned)) {
      equalize(parts, subtopology, group, counts)
    }
  }
  return counts
}

/**
 * Counts grow until each is the largest of those that flow into it, round about in a circle as well: the two
 * topics of a foreign-key join flow into each other's source.
 */
function decide(
  parts: CountParts,
  counts: Map<string, number>,
  undecided: readonly string[],
): void {
  for (let hasGrown = true; hasGrown;) {
    hasGrown = false
    for (const name of undecided) {
      const topic = parts.names.topicName(name)
      const count = upstreamCount(parts, counts, name)
      if (count <= (counts.get(topic) ?? 0)) continue
      counts.set(topic, count)
      hasGrown = true
    }
  }
  const unknown = undecided.filter((name) => !counts.has(parts.names.topicName(name)))
  if (unknown.length === 0) return
  throw new MillraceError(
    'MR_TOPOLOGY',
    `Cannot tell the partition counts of ${unknown.join(', ')}`,
    { hint: 'Give one of them a count: repartition({ partitions }).' },
  )
}

/** Groups that have a topic in common are one: what each of its topics is equal to is equal. */
function joined(groups: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const found: (readonly string[])[] = []
  for (const group of groups) {
    const linked = found.filter((other) => other.some((topic) => group.includes(topic)))
    for (const other of linked) found.splice(found.indexOf(other), 1)
    found.push([...new Set([...linked.flat(), ...group])])
  }
  return found
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

/** The largest count among what flows into it, as far as it is known; 0 when nothing is. */
function upstreamCount(
  parts: CountParts,
  counts: ReadonlyMap<string, number>,
  name: string,
): number {
  let max = 0
  for (const [subtopology, sources] of parts.sources) {
    if (!subtopology.writesInternal.includes(name)) continue
    for (const topic of sources.flatMap((source) => source.topics)) {
      max = Math.max(max, counts.get(topic) ?? 0)
    }
  }
  return max
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
