import type { AutoOffsetReset } from '../../base/auto-offset-reset.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { CommittedOffset, GroupConsumer } from '../../kafka/group-consumer.ts'
import type { Logger } from '../../observe/logger.ts'
import { partitionKey, type TopicPartition } from '../../record/topic-partition.ts'
import type { Clock } from '../../time/clock.ts'
import { startPositions } from '../start-positions.ts'

/** What the cluster knows of a partition when it is assigned. */
export interface SinkStart extends TopicPartition {
  /** Where to begin when the target holds no position. */
  readonly initialOffset: number
  /** That of the group, when it is one of this topic. */
  readonly committed: number | undefined
  /** The topic as it is now; one that is made anew has another. */
  readonly topicId: string
  /** True when the group's offset is one of a topic of this name that is no more. */
  readonly isMadeAnew: boolean
}

export interface SinkStartParts {
  readonly sinkId: string
  readonly consumer: Pick<GroupConsumer, 'committed'>
  readonly admin: Pick<KafkaAdmin, 'listOffsets' | 'describeTopics'>
  readonly resetOf: (topic: string) => AutoOffsetReset
  readonly clock: Clock
  readonly logger: Logger
}

/** Of the metadata of committed offsets. Others than this begin with another number. */
const VERSION = '1:'

/** Goes with each committed offset: of which topic it is. */
export function sinkOffsetMetadata(topicId: string): string {
  return VERSION + topicId
}

function topicIdIn(metadata: string): string | undefined {
  return metadata.startsWith(VERSION) ? metadata.slice(VERSION.length) : undefined
}

/**
 * Where each partition would begin without the target: at the group's offset, or where the reset policy says.
 *
 * @throws MillraceError `MR_OFFSET_OUT_OF_RANGE` when the policy is 'none' and there is no such offset
 */
export async function sinkStarts(
  partitions: readonly TopicPartition[],
  parts: SinkStartParts,
): Promise<readonly SinkStart[]> {
  const { consumer, admin, resetOf, sinkId, logger } = parts
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const [offsets, described] = await Promise.all([
    consumer.committed(partitions),
    admin.describeTopics(topics),
  ])
  const ids = new Map(described.map(({ topic, topicId }) => [topic, topicId]))
  const isForeign = ({ topic, metadata }: CommittedOffset): boolean => {
    const committedId = topicIdIn(metadata)
    return committedId !== undefined && committedId !== ids.get(topic)
  }
  const foreign = new Set(offsets.filter(isForeign).map(keyOf))
  for (const { topic, partition, offset = 0 } of offsets.filter(isForeign)) {
    const at = { sink: sinkId, topic, partition, committed: offset }
    logger.warn(
      `sink ${sinkId}: topic ${topic} was made anew, its group's offset is of no account`,
      at,
    )
  }
  const committed = offsets.map((one) =>
    foreign.has(keyOf(one)) ? { ...one, offset: undefined } : one,
  )
  const requests = partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    sourceNode: '',
    reset: resetOf(topic),
    idleMs: undefined,
  }))
  const inputs = await startPositions(requests, committed, parts)
  const byKey = new Map(committed.map((one) => [keyOf(one), one.offset]))
  return inputs.map(({ topic, partition, offset }) => ({
    topic,
    partition,
    initialOffset: offset,
    committed: byKey.get(partitionKey(topic, partition)),
    topicId: ids.get(topic) ?? '',
    isMadeAnew: foreign.has(partitionKey(topic, partition)),
  }))
}

function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition)
}

/**
 * Where reading begins, given the position that the target holds.
 *
 * @throws MillraceError `MR_SINK_POSITION` when the log does not hold that position: records are missing that the
 * target has not got, or the topic is another one.
 */
export async function readingStart(
  start: SinkStart,
  position: number | undefined,
  { admin, sinkId }: Pick<SinkStartParts, 'admin' | 'sinkId'>,
): Promise<number> {
  if (position === undefined) return start.initialOffset
  const { topic, partition, committed, isMadeAnew } = start
  const ask = async (spec: 'start' | 'end'): Promise<number> =>
    (await admin.listOffsets([{ topic, partition }], spec))[0]?.offset ?? 0
  const [logStart, logEnd] = await Promise.all([ask('start'), ask('end')])
  const at = { sink: sinkId, topic, partition, position, start: logStart, end: logEnd }
  if (isMadeAnew || position > logEnd) throw madeAnew(at)
  if (position >= logStart) return position
  // Between the two there was nothing for the target: the group's offset moves on over that, and what is before
  // it may be deleted.
  if (committed !== undefined && committed >= logStart) return logStart
  throw new MillraceError(
    'MR_SINK_POSITION',
    `Sink ${sinkId} goes on at offset ${position} of ${topic}-${partition}, and the log begins at ${logStart}: records that the target has not got are gone`,
    {
      hint: 'Compare the retention of the topic with the time the sink was down. To go on without these records, set the position in the target to the beginning of the log.',
      at,
    },
  )
}

type PositionPlace = Readonly<Record<string, string | number>> & {
  readonly sink: string
  readonly topic: string
  readonly partition: number
  readonly position: number
}

function madeAnew(at: PositionPlace): MillraceError {
  const { sink, topic, partition, position } = at
  return new MillraceError(
    'MR_SINK_POSITION',
    `The position ${position} that the target of sink ${sink} holds for ${topic}-${partition} is not of this topic: it seems to have been made anew`,
    {
      hint: 'Give the sink another name, so that it begins anew; or delete its positions in the target and its consumer group.',
      at,
    },
  )
}
