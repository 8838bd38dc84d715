import type { Awaitable } from '../base/awaitable.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'
import type { GroupConsumer } from '../kafka/group-consumer.ts'
import { partitionKey, type TopicPartitionOffset } from '../record/topic-partition.ts'

export interface StalePositionSources {
  readonly consumer: Pick<GroupConsumer, 'committed'>
  readonly admin: Pick<KafkaAdmin, 'listOffsets'>
}

/**
 * What an error of a poll is to the member that has committed these positions.
 *
 * A position that the log does not hold any more may be that of a zombie:
 * 1. the member stands still for longer than its session, and loses its partitions
 * 2. their new owner commits, and what it has processed of a repartition topic is deleted
 * 3. the member wakes up, and fetches from where it was before it hears of 1
 *
 * Then the group has committed beyond the member's last commit. It goes back to that, until it is told
 * that the partitions are lost; in the end nothing of theirs can be committed by it. Otherwise records
 * are missing that nobody has processed, and the error is what it says.
 */
export async function explainPollError(
  error: unknown,
  committed: readonly TopicPartitionOffset[],
  { consumer, admin }: StalePositionSources,
): Promise<unknown> {
  if (!MillraceError.is(error, 'MR_OFFSET_OUT_OF_RANGE')) return error
  const own = await offsetsByKey(committed)
  const ofGroup = await consumer.committed(committed)
  const ends = await offsetsByKey(admin.listOffsets(committed, 'end'))
  const beyond = ofGroup.find(({ topic, partition, offset = 0 }) => {
    const key = partitionKey(topic, partition)
    // Of a topic that was made anew the group may have an offset that never was in this log.
    return offset > (own.get(key) ?? 0) && offset <= (ends.get(key) ?? 0)
  })
  if (beyond === undefined) return error
  const { topic, partition } = beyond
  return new MillraceError(
    'MR_STALE_GENERATION',
    'Another member has gone on with the partitions',
    {
      cause: error,
      at: { topic, partition },
    },
  )
}

async function offsetsByKey(
  offsets: Awaitable<readonly TopicPartitionOffset[]>,
): Promise<ReadonlyMap<string, number>> {
  return new Map(
    (await offsets).map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]),
  )
}
