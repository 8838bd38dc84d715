import type { AutoOffsetReset } from '../../base/auto-offset-reset.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { GroupConsumer } from '../../kafka/group-consumer.ts'
import type { Logger } from '../../observe/logger.ts'
import type { TopicPartition } from '../../record/topic-partition.ts'
import type { Clock } from '../../time/clock.ts'
import { startPositions } from '../start-positions.ts'

/** What the cluster knows of a partition when it is assigned. */
export interface SinkStart extends TopicPartition {
  /** Where to begin when the target holds no position. */
  readonly initialOffset: number
  /** Undefined: the group has none. */
  readonly committed: number | undefined
  /** The position that the target held when that was committed; undefined when nothing is said of it. */
  readonly storedThen: number | undefined
}

export interface SinkStartParts {
  readonly sinkId: string
  readonly consumer: Pick<GroupConsumer, 'committed'>
  readonly admin: Pick<KafkaAdmin, 'listOffsets'>
  readonly resetOf: (topic: string) => AutoOffsetReset
  readonly clock: Clock
  readonly logger: Logger
}

/** Of the metadata of committed offsets. Others than this begin with another number. */
const METADATA = /^1:(\d+)$/

/** Goes with each committed offset: what the target holds. */
export function sinkOffsetMetadata(storedPosition: number): string {
  return `1:${storedPosition}`
}

function storedIn(metadata: string | undefined): number | undefined {
  const [, position] = METADATA.exec(metadata ?? '') ?? []
  return position === undefined ? undefined : Number(position)
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
  const committed = await parts.consumer.committed(partitions)
  const requests = partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    sourceNode: '',
    reset: parts.resetOf(topic),
    idleMs: undefined,
  }))
  const inputs = await startPositions(requests, committed, parts)
  return inputs.map(({ topic, partition, offset }, i) => ({
    topic,
    partition,
    initialOffset: offset,
    committed: committed[i]?.offset,
    storedThen: storedIn(committed[i]?.metadata),
  }))
}

/**
 * Where reading begins, given the position that the target holds.
 *
 * A topic that was deleted and made anew is known by a position behind its end. When it has grown beyond that, all that
 * tells is that the group has no offset, since those go with the topic; but so do those of a group that was away for
 * long. That is said in the log.
 *
 * @throws MillraceError `MR_SINK_POSITION` when the log does not hold that position: records are missing that the
 * target has not got, or the topic is another one.
 */
export async function readingStart(
  start: SinkStart,
  position: number | undefined,
  { admin, sinkId, logger }: Pick<SinkStartParts, 'admin' | 'sinkId' | 'logger'>,
): Promise<number> {
  if (position === undefined) return start.initialOffset
  const { topic, partition, committed, storedThen } = start
  const ask = async (spec: 'start' | 'end'): Promise<number> =>
    (await admin.listOffsets([{ topic, partition }], spec))[0]?.offset ?? 0
  const [logStart, logEnd] = await Promise.all([ask('start'), ask('end')])
  const at = { sink: sinkId, topic, partition, position, start: logStart, end: logEnd }
  if (position > logEnd) throw madeAnew(at)
  if (committed === undefined && position > logStart) {
    logger.warn(
      `sink ${sinkId}: the target holds position ${position} of ${topic}-${partition}, and the group has no offset: going on there. If the topic was made anew, what is before is not written`,
      at,
    )
  }
  if (position >= logStart) return position
  // The target has all that it has ever acknowledged. So between the two there was nothing for it: the group's
  // offset moves on over that, and what is before it may be deleted.
  const hasAll = storedThen !== undefined && position >= storedThen
  if (hasAll && committed !== undefined && committed >= logStart) return logStart
  throw new MillraceError(
    'MR_SINK_POSITION',
    `Sink ${sinkId} goes on at offset ${position} of ${topic}-${partition}, and the log begins at ${logStart}: records that the target has not got are gone`,
    {
      hint: 'Compare the retention of the topic with the time the sink was down. To go on without these records, set the position in the target to the beginning of the log.',
      at,
    },
  )
}

function madeAnew(at: {
  readonly sink: string
  readonly topic: string
  readonly partition: number
  readonly position: number
  readonly start: number
  readonly end: number
}): MillraceError {
  const { sink, topic, partition, position, end } = at
  return new MillraceError(
    'MR_SINK_POSITION',
    `The target of sink ${sink} holds position ${position} of ${topic}-${partition}, which ends at ${end}: it seems to have been made anew`,
    {
      hint: 'Give the sink another name, so that it begins anew; or delete its positions in the target.',
      at,
    },
  )
}
