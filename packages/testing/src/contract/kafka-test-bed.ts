import type {
  GroupConsumer,
  GroupConsumerOptions,
  Headers,
  KafkaAdmin,
  KafkaPort,
  KafkaProducer,
  KafkaReader,
  PolledBatch,
  ProducerRecord,
  TransactionalProducer,
} from '@millrace/core/internal'
import { randomUUID } from 'node:crypto'

const NO_HEADERS: Headers = []

/** How long a case waits for something that must happen. */
export const PATIENCE_MS = 30_000

/** Names and clients of one test; closes the clients when it is over. */
export class KafkaTestBed {
  readonly kafka: KafkaPort
  /** The same Kafka, but no broker answers. */
  readonly unreachable: KafkaPort
  readonly admin: KafkaAdmin
  readonly #closers: (() => Promise<void>)[] = []

  constructor(kafka: KafkaPort, unreachable: KafkaPort) {
    this.kafka = kafka
    this.unreachable = unreachable
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
  ): Promise<TransactionalProducer> {
    const producer = this.track(
      this.kafka.transactionalProducer({
        clientId: 'contract-producer',
        transactionalId,
        transactionTimeoutMs: 30_000,
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
    await until('the first assignment', async () => {
      await consumer.poll(1, 50)
      const event = consumer.takeRebalance()
      if (event === undefined) return false
      await consumer.assign(event.partitions.map((partition) => ({ ...partition, offset: 0 })))
      return event.partitions.length > 0
    })
    return consumer
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

/** Asks until the answer is yes. */
export async function until(what: string, isDone: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS
  while (!(await isDone())) {
    if (Date.now() > deadlineMs) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`)
  }
}

interface Poller {
  poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch>
}

/** Polls until as many records are there. */
export async function readRecords(from: Poller, count: number): Promise<PolledBatch['records']> {
  const records: PolledBatch['records'][number][] = []
  await until(`${count} records`, async () => {
    records.push(...(await from.poll(10_000, 100)).records)
    return records.length >= count
  })
  return records
}

/** Polls until one partition's end is reported; gives what was read until then, and the end. */
export async function readToEnd(
  from: Poller,
): Promise<{ readonly records: PolledBatch['records']; readonly end: number }> {
  const records: PolledBatch['records'][number][] = []
  let end = -1
  await until('the end of the partition', async () => {
    const batch = await from.poll(10_000, 100)
    records.push(...batch.records)
    end = batch.ends.at(-1)?.offset ?? -1
    return end >= 0
  })
  return { records, end }
}
