import { MillraceError, type SinkRecord } from '@millrace/core'
import type { Coordinates } from './delivery.ts'

/** Where a record comes from. */
export function coordinates(record: SinkRecord<unknown, unknown>): Coordinates {
  const { topic, partition, offset, index } = record
  return index === 0 ? { topic, partition, offset } : { topic, partition, offset, index }
}

/** No request can be made of a record: a template or a function of the options does not cope with it. */
export function invalidRecord(cause: unknown, at: Coordinates): MillraceError {
  return new MillraceError('MR_SINK_REJECTED', 'No request can be made of the record', {
    cause,
    hint: 'Mend the record, or the option of httpSink() that the cause tells of.',
    at,
  })
}

/** A record without a value, where nobody said what that means to the target. */
export function refusedTombstone(at: Coordinates): MillraceError {
  return new MillraceError('MR_SINK_REJECTED', 'The record is a tombstone: its value is null', {
    hint: "Say what that means to the target: `onTombstone: 'delete'`, 'send' or 'ignore'.",
    at,
  })
}

/** The target has taken the record, and nothing could be made of its answer. */
export function unanswerable(cause: unknown, at: Coordinates): MillraceError {
  return new MillraceError(
    'MR_SINK_REJECTED',
    'The target took the record, and `onResponse` failed on its answer',
    { cause, hint: 'Mend `onResponse`; it may return undefined.', at },
  )
}
