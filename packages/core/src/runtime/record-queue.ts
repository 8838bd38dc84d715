import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import { StreamRecord } from '../record/stream-record.ts'
import type { TopicPartition } from '../record/topic-partition.ts'

/** A record that is next in its partition, decoded. */
export interface QueueHead {
  readonly raw: ConsumedRecord
  readonly record: StreamRecord<unknown, unknown>
}

/** Decodes a record; undefined drops it (the decoder has said so). Throws to stop. */
export type RecordDecoder = (
  raw: ConsumedRecord,
  partitionTimeMs: number,
) => StreamRecord<unknown, unknown> | undefined

/** Is told what happens to a queue, in the order in which it does. */
export interface QueueWatcher {
  /** The queue was empty, and is not any more. */
  filled(): void
  /** The first record was taken; others may be left. */
  taken(): void
  /** What waited was forgotten. */
  reset(): void
}

/** What a waiting record costs beyond its bytes: the client's object and two Buffers. */
const RECORD_OVERHEAD_BYTES = 300

/**
 * Records of one partition that wait for their turn. Only the head is decoded (Kafka Streams:
 * `RecordQueue`), so an undecodable record counts when it is its turn, not when it is read.
 */
export class RecordQueue {
  readonly source: TopicPartition
  readonly #decode: RecordDecoder
  #records: ConsumedRecord[] = []
  #next = 0
  #bytes = 0
  #head: StreamRecord<unknown, unknown> | undefined
  /** Highest event time among the records that were taken. */
  partitionTimeMs = -1
  watcher: QueueWatcher | undefined
  /** The offset after the last record that was taken or dropped. */
  #consumedOffset: number
  /** Where the partition ended, while nothing newer was read. */
  #endOffset: number | undefined

  constructor(source: TopicPartition, startOffset: number, decode: RecordDecoder) {
    this.source = source
    this.#consumedOffset = startOffset
    this.#decode = decode
  }

  get length(): number {
    return this.#records.length - this.#next
  }

  /** About how much memory the waiting records take. */
  get bytes(): number {
    return this.#bytes
  }

  /** True when everything that the broker is known to hold was read. */
  get isCaughtUp(): boolean {
    return this.#endOffset !== undefined
  }

  /** The offset to commit: everything before it was processed. Beyond commit markers where known. */
  get position(): number {
    if (this.#endOffset !== undefined && this.length === 0) {
      return Math.max(this.#endOffset, this.#consumedOffset)
    }
    return this.#consumedOffset
  }

  add(raw: ConsumedRecord): void {
    // What was beyond commit markers stays there: a position that was committed must not be before it,
    // since everything before it may have been deleted from a repartition topic.
    if (this.#endOffset !== undefined) this.#consumedOffset = this.position
    // The client may give a record twice (see GroupConsumer.poll): the first one was taken, or waits still.
    const last = this.#records[this.#records.length - 1]
    if (raw.offset < this.#consumedOffset || (last !== undefined && raw.offset <= last.offset))
      return
    this.#records.push(raw)
    this.#bytes += recordBytes(raw)
    this.#endOffset = undefined
    if (this.length === 1) this.watcher?.filled()
  }

  reachedEnd(offset: number): void {
    this.#endOffset = offset
  }

  /** Event time of the next record; undefined when the queue is empty. May throw what decoding throws. */
  headTimestampMs(): number | undefined {
    this.#fillHead()
    return this.#head?.timestampMs
  }

  /** Takes the next record; the queue counts it as consumed. */
  take(): QueueHead | undefined {
    this.#fillHead()
    const record = this.#head
    if (record === undefined) return undefined
    const raw = this.#shift()
    this.#head = undefined
    if (record.timestampMs > this.partitionTimeMs) this.partitionTimeMs = record.timestampMs
    this.watcher?.taken()
    return { raw, record }
  }

  /** Forgets what waits and goes on from `offset`. */
  reset(offset: number, partitionTimeMs: number): void {
    this.#records = []
    this.#next = 0
    this.#bytes = 0
    this.#head = undefined
    this.#endOffset = undefined
    this.#consumedOffset = offset
    this.partitionTimeMs = partitionTimeMs
    this.watcher?.reset()
  }

  #fillHead(): void {
    while (this.#head === undefined && this.#next < this.#records.length) {
      const raw = this.#records[this.#next]
      if (raw === undefined) return
      this.#head = this.#decode(raw, this.partitionTimeMs)
      if (this.#head === undefined) this.#shift()
    }
  }

  #shift(): ConsumedRecord {
    const raw = this.#records[this.#next]
    if (raw === undefined) throw new TypeError('the queue is empty')
    this.#next++
    this.#bytes -= recordBytes(raw)
    this.#consumedOffset = raw.offset + 1
    if (this.#next === this.#records.length) {
      this.#records = []
      this.#next = 0
    } else if (this.#next >= 1024 && this.#next * 2 >= this.#records.length) {
      // Half of it is behind the head: give it back, at a cost that is constant per record.
      this.#records = this.#records.slice(this.#next)
      this.#next = 0
    }
    return raw
  }
}

function recordBytes(raw: ConsumedRecord): number {
  return (raw.key?.length ?? 0) + (raw.value?.length ?? 0) + RECORD_OVERHEAD_BYTES
}
