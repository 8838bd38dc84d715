import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { ChangelogExtent } from '../restore-start.ts'
import { partitionKey, type TopicPartition } from '../../record/topic-partition.ts'

/** Undefined for a partition that is not there. */
export type BoundsOf = (topic: string, partition: number) => ChangelogExtent | undefined

/** @throws MillraceError of the admin client */
export async function changelogBounds(
  admin: KafkaAdmin,
  partitions: readonly TopicPartition[],
): Promise<BoundsOf> {
  if (partitions.length === 0) return () => undefined
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition }))
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const [described, starts, ends] = await Promise.all([
    admin.describeTopics(topics),
    admin.listOffsets(wanted, 'start'),
    admin.listOffsets(wanted, 'end'),
  ])
  const ids = new Map(described.map(({ topic, topicId }) => [topic, topicId]))
  const firsts = new Map(starts.map((one) => [partitionKey(one.topic, one.partition), one.offset]))
  const found = new Map<string, ChangelogExtent>()
  for (const { topic, partition, offset: end } of ends) {
    const key = partitionKey(topic, partition)
    const first = firsts.get(key)
    const topicId = ids.get(topic)
    if (first !== undefined && topicId !== undefined) found.set(key, { first, end, topicId })
  }
  return (topic, partition) => found.get(partitionKey(topic, partition))
}
