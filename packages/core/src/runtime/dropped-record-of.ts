import type { DroppedDetails, DroppedRecord, DropReason } from '../processor/dropped-record.ts'
import { Change } from '../record/change.ts'
import { StreamRecord } from '../record/stream-record.ts'
import type { TaskScope } from './task-scope.ts'

export interface DroppedBy {
  readonly operator: string
  readonly reason: DropReason
  readonly details: DroppedDetails
  readonly scope: Pick<TaskScope, 'current' | 'streamTimeMs'>
}

/** What the side stream of an operator gets for a record that it drops. */
export function droppedRecordOf(
  record: StreamRecord<unknown, unknown>,
  { operator, reason, details, scope }: DroppedBy,
): StreamRecord<unknown, DroppedRecord<unknown>> {
  const { key, value, timestampMs, headers } = record
  const { streamTimeMs = scope.streamTimeMs, window } = details
  const { topic, partition, offset } = scope.current ?? NOWHERE
  const dropped: DroppedRecord<unknown> = {
    reason,
    operator,
    topic,
    partition,
    offset,
    timestampMs,
    streamTimeMs,
    ...(window === undefined ? {} : { window }),
    value: value instanceof Change ? value.newValue : value,
  }
  // A timestamp that is none cannot be that of a record.
  const toldMs = timestampMs < 0 ? Math.max(0, streamTimeMs) : timestampMs
  return new StreamRecord(key, dropped, toldMs, headers)
}

const NOWHERE = { topic: null, partition: null, offset: null }
