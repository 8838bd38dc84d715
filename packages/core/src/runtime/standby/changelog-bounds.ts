import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { GroupConsumer } from '../../kafka/group-consumer.ts'
import type { ChangelogExtent } from '../restore-start.ts'
import { partitionKey, type TopicPartition } from '../../record/topic-partition.ts'

/** Undefined for a partition that is not there. */
export type BoundsOf = (topic: string, partition: number) => ChangelogExtent | undefined

/** A partition of a changelog. */
export interface ChangelogPartition extends TopicPartition {
  /** True for the topic of a source: it counts as far as it is committed. */
  readonly isSource: boolean
}

export interface BoundsParts {
  readonly admin: Pick<KafkaAdmin, 'describeTopics' | 'listOffsets'>
  /** The group's offsets. */
  readonly committed: GroupConsumer['committed']
}

/** @throws MillraceError of the clients */
export async function changelogBounds(
  { admin, committed }: BoundsParts,
  partitions: readonly ChangelogPartition[],
): Promise<BoundsOf> {
  if (partitions.length === 0) return () => undefined
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition }))
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const sources = partitions
    .filter(({ isSource }) => isSource)
    .map(({ topic, partition }) => ({ topic, partition }))
  const [described, starts, ends, limits] = await Promise.all([
    admin.describeTopics(topics),
    admin.listOffsets(wanted, 'start'),
    admin.listOffsets(wanted, 'end'),
    sources.length === 0 ? [] : committed(sources),
  ])
  const limitOf = new Map(
    limits.map(({ topic, partition, offset = 0 }) => [partitionKey(topic, partition), offset]),
  )
  const ids = new Map(described.map(({ topic, topicId }) => [topic, topicId]))
  const firsts = new Map(starts.map((one) => [partitionKey(one.topic, one.partition), one.offset]))
  const found = new Map<string, ChangelogExtent>()
  for (const { topic, partition, offset: end } of ends) {
    const key = partitionKey(topic, partition)
    const first = firsts.get(key)
    const topicId = ids.get(topic)
    if (first === undefined || topicId === undefined) continue
    const limit = limitOf.get(key)
    if (limit === undefined) found.set(key, { first, end, topicId })
    else found.set(key, { first, end: limit, topicId, isSource: true })
  }
  return (topic, partition) => found.get(partitionKey(topic, partition))
}
