import {
  type GroupConsumer,
  type GroupConsumerOptions,
  type Headers,
  type KafkaAdmin,
  type KafkaPort,
  type KafkaProducer,
  type KafkaReader,
  type OffsetSpec,
  type PolledBatch,
  type ProducerRecord,
  type Scheduler,
  systemClock,
  type TransactionalProducer,
} from '@millrace/core/internal'
import { randomUUID } from 'node:crypto'

const NO_HEADERS: Headers = []

/** How long a case waits for something that must happen. */
export const PATIENCE_MS = 30_000

/** Time of a port that does not live in real time. */
export interface SimulatedTime {
  /** Virtual time. */
  nowMs(): number
  /** Lets time pass until the work settles, and gives its outcome. */
  settle<T>(work: Promise<T>): Promise<T>
}

/** A Kafka port under test, and the cluster that it talks to. */
export interface KafkaPortUnderTest {
  readonly kafka: KafkaPort
  /** A port whose brokers do not answer. */
  readonly unreachable: KafkaPort
  /** @defaultValue real time */
  readonly time?: SimulatedTime
}

interface Poller {
  poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch>
}

/** Names and clients of one test; closes the clients when it is over. */
export class KafkaTestBed {
  readonly kafka: KafkaPort
  /** The same Kafka, but no broker answers. */
  readonly unreachable: KafkaPort
  readonly admin: KafkaAdmin
  readonly #clock: Pick<Scheduler, 'nowMs'>
  readonly #closers: (() => Promise<void>)[] = []

  constructor({ kafka, unreachable, time }: KafkaPortUnderTest) {
    this.kafka = kafka
    this.unreachable = unreachable
    this.#clock = time ?? systemClock
    this.admin = kafka.admin({ clientId: 'contract-admin' })
    this.#closers.push(() => this.admin.close())
  }

  uniqueName(prefix: string): string {
    return `contract-${prefix}-${randomUUID()}`
  }

  async createTopic(partitions: number, config: Record<string, string> = {}): Promise<string> {
    const topic = this.uniqueName('topic')
    // Records with timestamps of the past would be deleted within minutes.
    const kept = { 'retention.ms': '-1', ...config }
    await this.admin.createTopics([{ topic, partitions, replicationFactor: 1, config: kept }])
    return topic
  }

  /** Clients created by a test itself. */
  track<T extends { close(): Promise<void> }>(client: T): T {
    this.#closers.push(() => client.close())
    return client
  }

  groupConsumer(options: Partial<GroupConsumerOptions> = {}): GroupConsumer {
    return this.track(
      this.kafka.groupConsumer({
        groupId: this.uniqueName('group'),
        clientId: 'contract-member',
        groupProtocol: 'classic',
        sessionTimeoutMs: 6000,
        heartbeatIntervalMs: 300,
        maxPollIntervalMs: 60_000,
        ...options,
      }),
    )
  }

  producer(): KafkaProducer {
    return this.track(this.kafka.producer({ clientId: 'contract-producer' }))
  }

  async transactionalProducer(
    transactionalId: string = this.uniqueName('transaction'),
    transactionTimeoutMs = 30_000,
  ): Promise<TransactionalProducer> {
    const producer = this.track(
      this.kafka.transactionalProducer({
        clientId: 'contract-producer',
        transactionalId,
        transactionTimeoutMs,
      }),
    )
    await producer.init()
    return producer
  }

  async reader(topic: string, partitions = 1): Promise<KafkaReader> {
    const reader = this.track(this.kafka.reader({ clientId: 'contract-reader' }))
    await reader.add(
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })),
    )
    return reader
  }

  /** A member that owns all partitions of `topic`, at offset 0. */
  async soleMember(
    topic: string,
    options: Partial<GroupConsumerOptions> = {},
  ): Promise<GroupConsumer> {
    const consumer = this.groupConsumer(options)
    await consumer.subscribe([topic])
    await this.until('the first assignment', async () => {
      await consumer.poll(1, 50)
      const event = consumer.takeRebalance()
      if (event === undefined) return false
      await consumer.assign(event.partitions.map((partition) => ({ ...partition, offset: 0 })))
      return event.partitions.length > 0
    })
    return consumer
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  /** Asks until the answer is yes. */
  async until(what: string, isDone: () => Promise<boolean>): Promise<void> {
    const deadlineMs = this.nowMs() + PATIENCE_MS
    while (!(await isDone())) {
      if (this.nowMs() > deadlineMs) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`)
    }
  }

  /** Polls until as many records are there. */
  async readRecords(from: Poller, count: number): Promise<PolledBatch['records']> {
    const records: PolledBatch['records'][number][] = []
    await this.until(`${count} records`, async () => {
      records.push(...(await from.poll(10_000, 100)).records)
      return records.length >= count
    })
    return records
  }

  /** Polls until one partition's end is reported; gives what was read until then, and the end. */
  async readToEnd(
    from: Poller,
  ): Promise<{ readonly records: PolledBatch['records']; readonly end: number }> {
    const records: PolledBatch['records'][number][] = []
    let end = -1
    await this.until('the end of the partition', async () => {
      const batch = await from.poll(10_000, 100)
      records.push(...batch.records)
      end = batch.ends.at(-1)?.offset ?? -1
      return end >= 0
    })
    return { records, end }
  }

  /** One offset of partition 0. */
  async offset(topic: string, spec: OffsetSpec): Promise<number | undefined> {
    const [found] = await this.admin.listOffsets([{ topic, partition: 0 }], spec)
    return found?.offset
  }

  /**
   * Until partition 0 ends there. A commit returns when the transaction is decided; its marker comes
   * a little later.
   */
  async untilEnd(topic: string, end: number): Promise<void> {
    await this.until(`offset ${end}`, async () => (await this.offset(topic, 'end')) === end)
  }

  /** Until no transaction over partition 0 is undecided, nor its marker on the way. */
  async untilDecided(topic: string): Promise<void> {
    await this.until('all markers', async () => {
      const stable = await this.offset(topic, 'stable-end')
      return stable === (await this.offset(topic, 'end'))
    })
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close()
  }
}

/** A record with what the test does not care about filled in. */
export function record(topic: string, own: Partial<ProducerRecord> = {}): ProducerRecord {
  return {
    topic,
    partition: 0,
    key: null,
    value: null,
    timestampMs: 1_700_000_000_000,
    headers: NO_HEADERS,
    ...own,
  }
}

export function bytes(text: string): Buffer {
  return Buffer.from(text)
}

export function textOf(data: Uint8Array | null): string | null {
  return data === null ? null : Buffer.from(data).toString()
}
