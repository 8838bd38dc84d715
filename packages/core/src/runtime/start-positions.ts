import { MillraceError } from '../errors/millrace-error.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'
import type { CommittedOffset } from '../kafka/group-consumer.ts'
import type { Logger } from '../observe/logger.ts'
import { partitionKey, type TopicPartition } from '../record/topic-partition.ts'
import type { AutoOffsetReset } from '../topology/topology-node.ts'
import { decodeOffsetMetadata, UNKNOWN_OFFSET_METADATA } from './offset-metadata.ts'
import type { TaskInput } from './task-inputs.ts'

/** A source partition that a task is about to read. */
export interface InputRequest extends TopicPartition {
  readonly sourceNode: string
  readonly reset: AutoOffsetReset
  /** How long it is quiet before it is idle; undefined: never. */
  readonly idleMs: number | undefined
}

interface Bounds {
  readonly start: ReadonlyMap<string, number>
  readonly end: ReadonlyMap<string, number>
}

/**
 * Where each input goes on: at its committed offset; without one, where its reset policy says.
 *
 * A committed offset that the log no longer holds (retention, or a topic made anew) is said in the log
 * and reset by the policy as well, as Kafka consumers do.
 *
 * @throws MillraceError `MR_OFFSET_OUT_OF_RANGE` when the policy is 'none'.
 */
export async function startPositions(
  requests: readonly InputRequest[],
  committed: readonly CommittedOffset[],
  admin: KafkaAdmin,
  logger: Logger,
): Promise<readonly TaskInput[]> {
  const [start, end] = await Promise.all([
    offsets(admin, requests, 'start'),
    offsets(admin, requests, 'end'),
  ])
  const bounds: Bounds = { start, end }
  const byPartition = new Map(committed.map((c) => [partitionKey(c.topic, c.partition), c]))
  return requests.map((request) => {
    const found = byPartition.get(partitionKey(request.topic, request.partition))
    const offset = choose(request, found?.offset, bounds, logger)
    const { topic, partition, sourceNode, idleMs } = request
    const isCommitted = found?.offset === offset
    const { partitionTimeMs, processorTimes } = isCommitted
      ? decodeOffsetMetadata(found.metadata)
      : UNKNOWN_OFFSET_METADATA
    return {
      topic,
      partition,
      sourceNode,
      offset,
      ...(isCommitted ? { committedOffset: offset } : {}),
      partitionTimeMs,
      operatorTimes: processorTimes,
      idleMs,
    }
  })
}

async function offsets(
  admin: KafkaAdmin,
  partitions: readonly TopicPartition[],
  spec: 'start' | 'end',
): Promise<ReadonlyMap<string, number>> {
  const listed = await admin.listOffsets(partitions, spec)
  return new Map(
    listed.map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]),
  )
}

function choose(
  request: InputRequest,
  committed: number | undefined,
  bounds: Bounds,
  logger: Logger,
): number {
  const { topic, partition, reset } = request
  const key = partitionKey(topic, partition)
  const start = bounds.start.get(key) ?? 0
  const end = bounds.end.get(key) ?? 0
  if (committed !== undefined && committed >= start && committed <= end) return committed
  const at = { topic, partition, start, end, ...(committed === undefined ? {} : { committed }) }
  if (reset === 'none') {
    throw new MillraceError(
      'MR_OFFSET_OUT_OF_RANGE',
      committed === undefined
        ? `The group has no committed offset for ${key}`
        : `The committed offset ${committed} of ${key} is not in the log`,
      { hint: "Set the group's offsets, or use another autoOffsetReset than 'none'.", at },
    )
  }
  const offset = reset === 'earliest' ? start : end
  if (committed !== undefined) {
    logger.warn(`the committed offset is not in the log; records may be missed`, { ...at, offset })
  }
  return offset
}
