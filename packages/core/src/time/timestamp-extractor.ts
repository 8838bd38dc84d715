/** What an extractor sees: the deserialized record and where it was read. */
export interface ExtractableRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The Kafka timestamp; -1 when the record has none. */
  readonly timestampMs: number
  readonly key: unknown
  readonly value: unknown
}

/**
 * Gives the event time of a record in ms. A negative result drops the record, counted and logged.
 * `partitionTimeMs` is the highest event time seen on the partition, -1 before the first record.
 */
export type TimestampExtractor = (record: ExtractableRecord, partitionTimeMs: number) => number

/** Kafka Streams' `FailOnInvalidTimestamp`, the default: marked so that the hot path can skip the call. */
export const failOnInvalidTimestamp: TimestampExtractor = (record) => {
  if (record.timestampMs >= 0) return record.timestampMs
  throw new RangeError(
    `record has the invalid timestamp ${record.timestampMs}; use another timestamp extractor`,
  )
}

/** Kafka Streams' `LogAndSkipOnInvalidTimestamp`. */
export const logAndSkipOnInvalidTimestamp: TimestampExtractor = (record) => record.timestampMs

/** Kafka Streams' `UsePartitionTimeOnInvalidTimestamp`. */
export const usePartitionTimeOnInvalidTimestamp: TimestampExtractor = (record, partitionTimeMs) => {
  if (record.timestampMs >= 0) return record.timestampMs
  if (partitionTimeMs >= 0) return partitionTimeMs
  throw new RangeError('record has an invalid timestamp and its partition has no time yet')
}

/** Kafka Streams' `WallclockTimestampExtractor`. */
export function wallclockTimestamp(nowMs: () => number = Date.now): TimestampExtractor {
  return () => nowMs()
}
