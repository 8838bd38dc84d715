import { MillraceError } from '../errors/millrace-error.ts'
import { withPlace } from '../errors/with-place.ts'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import { StreamRecord } from '../record/stream-record.ts'
import type { Serde } from '../serde/serde.ts'
import { failOnInvalidTimestamp, type TimestampExtractor } from '../time/timestamp-extractor.ts'
import type { SourceNode } from '../topology/topology-node.ts'

/** Makes records of the bytes of a source's topics: its serdes, and its notion of time. */
export class SourceDecoder {
  readonly #name: string
  readonly #keySerde: Serde<unknown>
  readonly #valueSerde: Serde<unknown>
  readonly #extractor: TimestampExtractor

  constructor(node: SourceNode, defaultExtractor: TimestampExtractor) {
    this.#name = node.name
    this.#keySerde = node.keySerde
    this.#valueSerde = node.valueSerde
    this.#extractor = node.timestampExtractor ?? defaultExtractor
  }

  /**
   * @returns a record whose timestamp may be negative: then it is to be dropped.
   * @throws MillraceError `MR_DESERIALIZATION`, `MR_TIMESTAMP`, or one of a serde that is not about the record;
   * with topic, partition and offset.
   */
  decode(raw: ConsumedRecord, partitionTimeMs: number): StreamRecord<unknown, unknown> {
    const { topic } = raw
    let key: unknown
    let value: unknown
    try {
      key = raw.key === null ? null : this.#keySerde.deserialize(raw.key, topic)
      value = raw.value === null ? null : this.#valueSerde.deserialize(raw.value, topic)
    } catch (error) {
      throw this.#decodeError(raw, error)
    }
    // The default extractor is the common case: a look at the timestamp in place of a call with an object.
    const timestampMs =
      this.#extractor === failOnInvalidTimestamp && raw.timestamp >= 0
        ? raw.timestamp
        : this.#extract(raw, key, value, partitionTimeMs)
    return new StreamRecord(key, value, timestampMs, raw.headers)
  }

  #extract(raw: ConsumedRecord, key: unknown, value: unknown, partitionTimeMs: number): number {
    const { topic, partition, offset, timestamp } = raw
    try {
      return this.#extractor(
        { topic, partition, offset, timestampMs: timestamp, key, value },
        partitionTimeMs,
      )
    } catch (error) {
      throw new MillraceError('MR_TIMESTAMP', `Source ${this.#name} cannot tell a record's time`, {
        cause: error,
        hint: 'Give the source a timestamp extractor that copes with this record.',
        at: { operator: this.#name, topic, partition, offset },
      })
    }
  }

  #decodeError(raw: ConsumedRecord, cause: unknown): MillraceError {
    const { topic, partition, offset } = raw
    if (MillraceError.is(cause)) {
      return withPlace(cause, { operator: this.#name, topic, partition, offset })
    }
    return new MillraceError(
      'MR_DESERIALIZATION',
      `Source ${this.#name} cannot decode the record at ${topic}-${partition} offset ${offset}`,
      {
        cause,
        hint: 'Check the serdes of the source, or set deserializationExceptionHandler to drop such records.',
        at: { operator: this.#name, topic, partition, offset },
      },
    )
  }
}
