import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import type { Logger } from '../observe/logger.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import type { CommittedEntries } from '../state/state-backend.ts'
import type { RestoredBatch, RestoredRecord, StoreChangelog } from '../state/store-changelog.ts'
import type { SourceChangelog } from '../topology/topology-node.ts'
import type { ExceptionHandler } from '../config/app-options.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import { decide } from './dropped-records.ts'
import type { SourceDecoder } from './source-decoder.ts'

/** What the restore of a store makes of the records that it reads. */
export interface ChangelogReader {
  /** `records` come in the order of their offsets; the batch is to be applied to what `committed` is of. */
  restore(records: readonly ConsumedRecord[], committed: CommittedEntries): RestoredBatch
}

export interface SourceChangelogParts {
  readonly source: SourceChangelog
  readonly changelog: StoreChangelog
  readonly decoder: SourceDecoder
  readonly handler: ExceptionHandler
  readonly logger: Logger
}

/**
 * Restores a store from the topic of its source, as the source reads it: a record that it could not decode, or
 * that had no valid time, is left out as it was when it was processed; a row has the time that the source's
 * extractor gives. Kafka Streams copies bytes and timestamps as they are, so there a row can be one
 * that was never processed (KAFKA-8037).
 *
 * An extractor that goes by the time of the partition is told the highest of what this restore has read; one that
 * goes on from the position of the store begins with 0.
 */
export class SourceChangelogReader implements ChangelogReader {
  readonly #parts: SourceChangelogParts
  #partitionTimeMs = -1

  constructor(parts: SourceChangelogParts) {
    this.#parts = parts
  }

  /** @throws MillraceError `MR_DESERIALIZATION` or `MR_TIMESTAMP`, where processing would fail as well */
  restore(records: readonly ConsumedRecord[], committed: CommittedEntries): RestoredBatch {
    const restored: RestoredRecord[] = []
    for (const raw of records) {
      const record = this.#decode(raw)
      if (record === undefined || record.timestampMs < 0) continue
      this.#partitionTimeMs = Math.max(this.#partitionTimeMs, record.timestampMs)
      if (record.key !== null) restored.push(this.#restored(raw, record))
    }
    return this.#parts.changelog.restore(restored, committed)
  }

  #restored(raw: ConsumedRecord, record: StreamRecord<unknown, unknown>): RestoredRecord {
    const { key, value, timestampMs: timestamp, headers } = record
    const { serdes, topic } = this.#parts.source
    if (serdes === undefined) {
      return { key: raw.key, value: value === null ? null : raw.value, timestamp, headers }
    }
    return {
      key: serdes.keySerde.serialize(key, topic),
      value: value === null ? null : serdes.valueSerde.serialize(value, topic),
      timestamp,
      headers,
    }
  }

  #decode(raw: ConsumedRecord): StreamRecord<unknown, unknown> | undefined {
    const { decoder, handler, logger } = this.#parts
    try {
      return decoder.decode(raw, this.#partitionTimeMs)
    } catch (error) {
      // It has been processed, so there was a time then: that of a record before those that are read now.
      if (MillraceError.is(error, 'MR_TIMESTAMP') && this.#partitionTimeMs < 0) {
        return decoder.decode(raw, 0)
      }
      if (!MillraceError.is(error, 'MR_DESERIALIZATION') || decide(handler, error) === 'fail') {
        throw error
      }
      logger.debug(`restore: ${error.message}; it was left out before`, { ...error.at })
      return undefined
    }
  }
}
