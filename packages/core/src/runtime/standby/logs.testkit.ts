import { MillraceError } from '../../errors/millrace-error.ts'
import type { KafkaAdmin, OffsetSpec } from '../../kafka/admin.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { CommittedOffset, PolledBatch } from '../../kafka/group-consumer.ts'
import type { KafkaProducer, ProducerRecord } from '../../kafka/producer.ts'
import type { KafkaReader } from '../../kafka/reader.ts'
import {
  partitionKey,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../../record/topic-partition.ts'
import type { BoundsParts } from './changelog-bounds.ts'

/** One partition. An entry that is undefined stands for a commit marker. */
export class TestLog {
  readonly topic: string
  readonly entries: (ConsumedRecord | undefined)[] = []
  topicId = 'first'
  start = 0
  /** Where committed data ends; all of it, unless it is set. */
  stableEnd: number = Infinity

  constructor(topic: string) {
    this.topic = topic
  }

  get end(): number {
    return this.entries.length
  }

  append(key: string | null, value: string | null): void {
    this.entries.push({
      topic: this.topic,
      partition: 0,
      offset: this.entries.length,
      timestamp: 7,
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: [],
    })
  }

  commitMarker(): void {
    this.entries.push(undefined)
  }
}

/** Topics of one partition each, and clients of them that answer at once. */
export class TestLogs {
  readonly #logs = new Map<string, TestLog>()
  /** Offsets of the group, by topic. */
  readonly committed: Map<string, number> = new Map()
  /** What every call rejects with, while it is set. */
  error: MillraceError | undefined
  /** Topics that are described as if they were not there. */
  readonly missing: Set<string> = new Set()

  log(topic: string): TestLog {
    const log = this.#logs.get(topic) ?? new TestLog(topic)
    this.#logs.set(topic, log)
    return log
  }

  producer(): KafkaProducer {
    return {
      send: ({ topic, key, value }: ProducerRecord) => {
        if (this.error !== undefined) return
        const text = (bytes: Uint8Array | null): string | null =>
          bytes === null ? null : Buffer.from(bytes).toString()
        this.log(topic).append(text(key), text(value))
      },
      flush: () => this.#answer(undefined),
      close: () => Promise.resolve(),
    }
  }

  admin(): KafkaAdmin {
    const offsetOf = (topic: string, spec: OffsetSpec): number => {
      const log = this.log(topic)
      if (spec === 'stable-end') return Math.min(log.end, log.stableEnd)
      return spec === 'start' ? log.start : log.end
    }
    const admin: Pick<KafkaAdmin, 'listOffsets' | 'describeTopics'> = {
      describeTopics: (topics) =>
        this.#answer(
          topics
            .filter((topic) => !this.missing.has(topic))
            .map((topic) => ({ topic, partitions: 1, topicId: this.log(topic).topicId })),
        ),
      listOffsets: (partitions, spec) =>
        this.#answer(partitions.map((one) => ({ ...one, offset: offsetOf(one.topic, spec) }))),
    }
    return admin as KafkaAdmin // standbys ask for no more
  }

  /** What bounds are looked up with; the group's offsets are those of {@link committed}. */
  boundsParts(): BoundsParts {
    return { admin: this.admin(), committed: (partitions) => this.committedOffsets(partitions) }
  }

  committedOffsets(partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.#answer(
      partitions.map((one) => ({ ...one, offset: this.committed.get(one.topic), metadata: '' })),
    )
  }

  reader(): TestReader {
    return new TestReader(this)
  }

  #answer<T>(value: T): Promise<T> {
    return this.error === undefined ? Promise.resolve(value) : Promise.reject(this.error)
  }
}

/** Reads committed records, and says where they end, as the port's contract has it. */
export class TestReader implements KafkaReader {
  readonly #logs: TestLogs
  readonly #positions = new Map<string, TopicPartitionOffset>()
  readonly #toldEnd = new Map<string, number>()
  /** Awaited by the poll that comes next, once it has its records. */
  hold: Promise<void> | undefined
  isClosed = false

  constructor(logs: TestLogs) {
    this.#logs = logs
  }

  get reads(): readonly string[] {
    return [...this.#positions.values()].map(({ topic, offset }) => `${topic}@${offset}`)
  }

  add(positions: readonly TopicPartitionOffset[]): Promise<void> {
    for (const one of positions) {
      this.#positions.set(partitionKey(one.topic, one.partition), one)
      this.#toldEnd.delete(partitionKey(one.topic, one.partition))
    }
    return Promise.resolve()
  }

  remove(partitions: readonly TopicPartition[]): Promise<void> {
    for (const one of partitions) this.#positions.delete(partitionKey(one.topic, one.partition))
    return Promise.resolve()
  }

  async poll(maxRecords: number): Promise<PolledBatch> {
    if (this.#logs.error !== undefined) throw this.#logs.error
    const records: ConsumedRecord[] = []
    const ends: TopicPartitionOffset[] = []
    for (const [key, position] of this.#positions) {
      const log = this.#logs.log(position.topic)
      if (position.offset < log.start) throw new MillraceError('MR_OFFSET_OUT_OF_RANGE', 'cut off')
      const stable = Math.min(log.end, log.stableEnd)
      let { offset } = position
      for (; offset < stable && records.length < maxRecords; offset++) {
        const record = log.entries[offset]
        if (record !== undefined) records.push(record)
      }
      this.#positions.set(key, { ...position, offset })
      if (offset < stable || this.#toldEnd.get(key) === offset) continue
      this.#toldEnd.set(key, offset)
      ends.push({ ...position, offset })
    }
    const { hold } = this
    this.hold = undefined
    await hold
    return { records, ends }
  }

  close(): Promise<void> {
    this.isClosed = true
    return Promise.resolve()
  }
}
