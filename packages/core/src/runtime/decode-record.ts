import type { ExceptionHandler } from '../config/app-options.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { DropReason } from '../processor/processor.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import { decide } from './dropped-records.ts'
import type { SourceNodeInstance } from './source-node-instance.ts'

/** What becomes of records that are not processed. */
export interface UndecodedRecords {
  readonly handler: ExceptionHandler
  /** Tells of the error after which the handler goes on. */
  explain(error: MillraceError): void
  /** `record`: what was decoded of it. */
  drop(
    source: SourceNodeInstance,
    raw: ConsumedRecord,
    reason: DropReason,
    record?: StreamRecord<unknown, unknown>,
  ): void
}

/**
 * Decodes a record; undefined when it has no valid timestamp or cannot be decoded, and is dropped.
 * @throws MillraceError what decoding throws, when the handler does not go on
 */
export function decodeRecord(
  source: SourceNodeInstance,
  raw: ConsumedRecord,
  partitionTimeMs: number,
  undecoded: UndecodedRecords,
): StreamRecord<unknown, unknown> | undefined {
  try {
    const record = source.decode(raw, partitionTimeMs)
    if (record.timestampMs >= 0) return record
    undecoded.drop(source, raw, 'invalid-timestamp', record)
    return undefined
  } catch (error) {
    if (!MillraceError.is(error, 'MR_DESERIALIZATION')) throw error
    if (decide(undecoded.handler, error) === 'fail') throw error
    undecoded.explain(error)
    undecoded.drop(source, raw, 'deserialization')
    return undefined
  }
}
