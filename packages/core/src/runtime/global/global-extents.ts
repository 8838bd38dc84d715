import type { KafkaAdmin } from '../../kafka/admin.ts'
import { partitionKey, type TopicPartition } from '../../record/topic-partition.ts'
import type { ChangelogPosition } from '../../state/state-backend.ts'

/** A partition of a global topic, as the cluster has it. */
export interface GlobalExtent extends TopicPartition {
  readonly topicId: string
  readonly first: number
  /** The high watermark. */
  readonly end: number
  /** What a reader of committed records gets to now. */
  readonly stableEnd: number
}

/** By topic; one that does not exist is left out. @throws MillraceError of the admin client */
export async function globalExtents(
  admin: KafkaAdmin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, readonly GlobalExtent[]>> {
  const described = await admin.describeTopics(topics)
  const partitions = described.flatMap(({ topic, partitions: count, topicId }) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition, topicId })),
  )
  const [first, end, stableEnd] = await Promise.all([
    offsets(admin, partitions, 'start'),
    offsets(admin, partitions, 'end'),
    offsets(admin, partitions, 'stable-end'),
  ])
  const extents = new Map<string, GlobalExtent[]>(described.map(({ topic }) => [topic, []]))
  for (const one of partitions) {
    const key = partitionKey(one.topic, one.partition)
    extents.get(one.topic)?.push({
      ...one,
      first: first.get(key) ?? 0,
      end: end.get(key) ?? 0,
      stableEnd: stableEnd.get(key) ?? 0,
    })
  }
  return extents
}

async function offsets(
  admin: KafkaAdmin,
  partitions: readonly TopicPartition[],
  spec: 'start' | 'end' | 'stable-end',
): Promise<ReadonlyMap<string, number>> {
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition }))
  const listed = await admin.listOffsets(wanted, spec)
  return new Map(
    listed.map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]),
  )
}

/** Why a store cannot go on from `position`; undefined when it can. */
export function misfit(position: ChangelogPosition, extent: GlobalExtent): string | undefined {
  if (position.topicId !== extent.topicId) return 'its topic was made anew'
  if (position.offset < extent.first)
    return 'records were deleted from its topic that it has not seen'
  if (position.offset > extent.end) return 'its topic has lost records that it has seen'
  return undefined
}
