import { MillraceError } from '../errors/millrace-error.ts'
import { durationToMs } from '../base/duration.ts'
import type { KafkaAdmin, OffsetSpec } from '../kafka/admin.ts'
import type { CommittedOffset } from '../kafka/group-consumer.ts'
import type { Logger } from '../observe/logger.ts'
import { partitionKey, type TopicPartition } from '../record/topic-partition.ts'
import type { AutoOffsetReset } from '../base/auto-offset-reset.ts'
import { decodeOffsetMetadata, UNKNOWN_OFFSET_METADATA } from './offset-metadata.ts'
import type { Clock } from '../time/clock.ts'
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
  /** Where the resets by duration go. */
  readonly byTime: ReadonlyMap<string, number>
}

export interface StartParts {
  readonly admin: Pick<KafkaAdmin, 'listOffsets'>
  readonly clock: Clock
  readonly logger: Logger
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
  parts: StartParts,
): Promise<readonly TaskInput[]> {
  const { admin, logger } = parts
  const [start, end, byTime] = await Promise.all([
    offsets(admin, requests, 'start'),
    offsets(admin, requests, 'end'),
    offsetsByTime(requests, parts),
  ])
  const bounds: Bounds = { start, end, byTime }
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

async function offsetsByTime(
  requests: readonly InputRequest[],
  { admin, clock }: StartParts,
): Promise<ReadonlyMap<string, number>> {
  const nowMs = clock.nowMs()
  const byDuration = new Map<number, TopicPartition[]>()
  for (const { topic, partition, reset } of requests) {
    if (typeof reset !== 'object') continue
    const durationMs = durationToMs(reset.byDuration)
    const partitions = byDuration.get(durationMs) ?? []
    byDuration.set(durationMs, [...partitions, { topic, partition }])
  }
  const found = await Promise.all(
    [...byDuration].map(([durationMs, partitions]) =>
      offsets(admin, partitions, { fromTimestampMs: Math.max(0, nowMs - durationMs) }),
    ),
  )
  return new Map(found.flatMap((one) => [...one]))
}

async function offsets(
  admin: StartParts['admin'],
  partitions: readonly TopicPartition[],
  spec: OffsetSpec,
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
  const offset = reset === 'earliest' ? start : (bounds.byTime.get(key) ?? end)
  if (committed !== undefined) {
    logger.warn(`the committed offset is not in the log; records may be missed`, { ...at, offset })
  }
  return offset
}
