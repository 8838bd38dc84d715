import type { Headers, KeyValue, Serde } from '@millrace/core'
import { type ConsumedRecord, deserializeNullable } from '@millrace/core/internal'

/** Types of the records of an output topic. */
export interface TestOutputOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** @defaultValue all partitions, in the order in which records were written */
  readonly partition?: number
}

/** A record as read from an output topic; a plain object, to be compared as a whole. */
export interface TestRecord<K, V> {
  readonly key: K | null
  readonly value: V | null
  readonly timestampMs: number
  readonly headers: Headers
}

/**
 * Reads committed records of a topic, typed. Every one has a position of its own, and stays where it is when what it
 * reads cannot be decoded. A serde that has to get something first is waited for with `whenReady(() => output.readAll())`.
 */
export class TestOutputTopic<K, V> {
  readonly topic: string
  readonly #options: TestOutputOptions<K, V>
  readonly #records: () => readonly ConsumedRecord[]
  #next = 0

  /** @internal */
  constructor(
    topic: string,
    options: TestOutputOptions<K, V>,
    records: () => readonly ConsumedRecord[],
  ) {
    this.topic = topic
    this.#options = options
    this.#records = records
  }

  /** How many records are left to read. */
  get queueSize(): number {
    return this.#records().length - this.#next
  }

  get isEmpty(): boolean {
    return this.queueSize === 0
  }

  /** Key and value of the next record. @throws RangeError when there is none */
  read(): KeyValue<K | null, V | null> {
    const { key, value } = this.readRecord()
    return [key, value]
  }

  /** The next record. @throws RangeError when there is none */
  readRecord(): TestRecord<K, V> {
    const raw = this.#records()[this.#next]
    if (raw === undefined) throw new RangeError(`topic ${this.topic} has no further record`)
    const { key, value } = this.#options
    const record = {
      key: deserializeNullable(key, raw.key, this.topic),
      value: deserializeNullable(value, raw.value, this.topic),
      timestampMs: raw.timestamp,
      headers: raw.headers,
    }
    // Not before: one that cannot be decoded yet is read again.
    this.#next++
    return record
  }

  /** Key and value of all records that are left. */
  readAll(): readonly KeyValue<K | null, V | null>[] {
    return this.readRecords().map(({ key, value }) => [key, value])
  }

  /** The values of all records that were not read yet. */
  readValues(): readonly (V | null)[] {
    return this.readRecords().map(({ value }) => value)
  }

  /** All records that were not read yet. */
  readRecords(): readonly TestRecord<K, V>[] {
    const start = this.#next
    const records: TestRecord<K, V>[] = []
    try {
      while (!this.isEmpty) records.push(this.readRecord())
    } catch (error) {
      this.#next = start
      throw error
    }
    return records
  }

  /** The last value of each key among the records that are left: the topic as a table, tombstones kept as null. */
  readKeyValuesToMap(): Map<K | null, V | null> {
    return new Map(this.readAll())
  }
}
