import { partitionKey, type TopicPartition } from '../record/topic-partition.ts'
import type { ResolvedSubtopology, ResolvedTopology } from './resolved-topology.ts'
import { toldTimeMs } from './task-time.ts'

type Running = Pick<ResolvedTopology, 'subtopologies' | 'partitions' | 'idleness'>

/** Repartition topics of a sub-topology whose readers wait for what its tasks tell. */
export function toldTopics(
  { subtopologies, idleness }: Running,
  subtopology: number,
): readonly string[] {
  const found = subtopologies.find((one) => one.subtopology.id === subtopology)
  return (found?.subtopology.writesInternal ?? []).filter((topic) => idleness.writers.has(topic))
}

/** One input of each task that writes what a sub-topology reads: where it tells how far its time has come. */
export function upstreamPartitions(
  running: Running,
  subtopology: number,
): readonly TopicPartition[] {
  const ids = new Set(
    internalTopics(running, subtopology).flatMap(
      (topic) => running.idleness.writers.get(topic) ?? [],
    ),
  )
  return running.subtopologies
    .filter((one) => ids.has(one.subtopology.id))
    .flatMap((one) => taskInputs(one, running.partitions))
}

/**
 * How far upstream lets each source of a sub-topology go, while its inputs are idle: -1 nowhere,
 * Infinity anywhere.
 *
 * @param committed the times that are committed with {@link upstreamPartitions}, by partition
 */
export function sourceBounds(
  running: Running,
  subtopology: number,
  committed: ReadonlyMap<string, ReadonlyMap<string, number>>,
): ReadonlyMap<string, number> {
  const found = running.subtopologies.find((one) => one.subtopology.id === subtopology)
  const bounds = new Map<string, number>()
  for (const { node } of found?.sources ?? []) {
    const topics = node.topics instanceof RegExp ? [] : node.topics
    const boundsMs = topics.map((topic) => topicBoundMs(running, topic, committed))
    bounds.set(node.name, Math.min(...boundsMs, Infinity))
  }
  return bounds
}

function topicBoundMs(
  { subtopologies, partitions, idleness }: Running,
  topic: string,
  committed: ReadonlyMap<string, ReadonlyMap<string, number>>,
): number {
  const writers = idleness.writers.get(topic) ?? []
  const inputs = subtopologies
    .filter((one) => writers.includes(one.subtopology.id))
    .flatMap((one) => taskInputs(one, partitions))
  const told = inputs.map(
    (input) =>
      committed.get(partitionKey(input.topic, input.partition)) ?? new Map<string, number>(),
  )
  return toldTimeMs(topic, told)
}

function internalTopics({ subtopologies, idleness }: Running, id: number): readonly string[] {
  const found = subtopologies.find((one) => one.subtopology.id === id)
  const topics = (found?.sources ?? []).flatMap(({ node }) =>
    node.topics instanceof RegExp ? [] : node.topics,
  )
  return topics.filter((topic) => idleness.writers.has(topic))
}

/** The first input of each task. */
function taskInputs(
  { sources, taskCount }: ResolvedSubtopology,
  partitions: ReadonlyMap<string, number>,
): readonly TopicPartition[] {
  const topics = sources.flatMap((source) => source.topics)
  return Array.from({ length: taskCount }, (_, partition) => {
    const topic = topics.find((one) => partition < (partitions.get(one) ?? 0)) ?? ''
    return { topic, partition }
  })
}
