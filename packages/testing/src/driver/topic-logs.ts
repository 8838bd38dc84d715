import { type ConsumedRecord, partitionForKey, type ProducerRecord } from '@millrace/core/internal'

interface TopicLog {
  /** Of all partitions, in the order in which they were committed. */
  readonly all: ConsumedRecord[]
  readonly partitions: Map<number, ConsumedRecord[]>
}

const NOTHING: readonly ConsumedRecord[] = []

/**
 * Topics in memory, with one transaction.
 *
 * Semantics: what tasks {@link send} can be read after {@link commit}, as by a `read_committed`
 * reader, and is gone after {@link abort}. There are no commit markers: offsets have no gaps.
 */
export class TopicLogs {
  readonly #topics = new Map<string, TopicLog>()
  /** Of all topics, in the order in which they became readable. */
  readonly #appended: ConsumedRecord[] = []
  readonly #partitionCount: (topic: string) => number
  #open: ProducerRecord[] = []

  constructor(partitionCount: (topic: string) => number) {
    this.#partitionCount = partitionCount
  }

  send(record: ProducerRecord): void {
    this.#open.push(record)
  }

  /** Returns how many records became readable. */
  commit(): number {
    const records = this.#open
    this.#open = []
    for (const record of records) this.append(record)
    return records.length
  }

  abort(): void {
    this.#open = []
  }

  /** Adds a record of a producer outside, which is committed at once. */
  append(record: ProducerRecord): void {
    const { topic, key, value, timestampMs, headers } = record
    // Producers may give a record without a key to any partition; this one is always the same.
    const byKey = key === null ? 0 : partitionForKey(key, this.#partitionCount(topic))
    const partition = record.partition ?? byKey
    const log = this.#log(topic)
    const records = log.partitions.get(partition) ?? []
    log.partitions.set(partition, records)
    const offset = records.length
    const appended = { topic, partition, offset, timestamp: timestampMs, key, value, headers }
    records.push(appended)
    log.all.push(appended)
    this.#appended.push(appended)
  }

  /** Records of a partition; the index is the offset. */
  partition(topic: string, partition: number): readonly ConsumedRecord[] {
    return this.#topics.get(topic)?.partitions.get(partition) ?? NOTHING
  }

  all(topic: string): readonly ConsumedRecord[] {
    return this.#topics.get(topic)?.all ?? NOTHING
  }

  /** All records from the n-th on, in the order in which they became readable. */
  appendedFrom(n: number): readonly ConsumedRecord[] {
    return this.#appended.slice(n)
  }

  get names(): readonly string[] {
    return [...this.#topics.keys()]
  }

  #log(topic: string): TopicLog {
    const found = this.#topics.get(topic)
    if (found !== undefined) return found
    const made = { all: [], partitions: new Map<number, ConsumedRecord[]>() }
    this.#topics.set(topic, made)
    return made
  }
}
