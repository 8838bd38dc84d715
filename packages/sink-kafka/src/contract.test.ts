import { serdes, type Sink } from '@millrace/core'
import {
  createConfluentKafka,
  type KafkaAdmin,
  type KafkaPort,
  silentLogger,
} from '@millrace/core/internal'
import { type SinkRow, type SinkUnderTest, testSink } from '@millrace/testing'
import { startJvmBroker } from '@millrace/tools/broker'
import { randomBytes, randomUUID } from 'node:crypto'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FaultyKafka } from './faulty-kafka.testkit.ts'
import { KafkaSink } from './kafka-sink.ts'
import { resolveKafkaSinkOptions } from './kafka-sink-options.ts'

type Text = string | null

/** A record of the suite is this large at most. */
const MAX_BYTES = 20_000

const own = process.env['KAFKA_BROKERS'] === undefined ? await startJvmBroker() : undefined
const brokers = own?.brokers ?? process.env['KAFKA_BROKERS'] ?? ''
const kafka = createConfluentKafka({
  brokers: brokers.split(','),
  logger: silentLogger,
  overrides: {},
})
const admin: KafkaAdmin = kafka.admin({ clientId: 'sink-contract' })
const positionsTopic = `contract-${randomUUID()}-positions`
after(async () => {
  await admin.deleteTopics([positionsTopic])
  await admin.close()
  await own?.stop()
})

/** A topic of the suite's cluster as the target, with one partition: it tells the order of all. */
class KafkaUnderTest implements SinkUnderTest<Text, Text> {
  readonly #topic: string
  readonly #processes = new Map<Sink<Text, Text>, FaultyKafka>()
  readonly #epochs = new Map<string, number>()

  static async create(): Promise<KafkaUnderTest> {
    const topic = `contract-${randomUUID()}`
    const config = { 'max.message.bytes': String(MAX_BYTES), 'retention.ms': '-1' }
    await admin.createTopics([{ topic, partitions: 1, replicationFactor: 1, config }])
    return new KafkaUnderTest(topic)
  }

  private constructor(topic: string) {
    this.#topic = topic
  }

  createSink(): Sink<Text, Text> {
    const process = new FaultyKafka(this.#epochs, () => offsetOf(this.#topic, 'end'))
    const config = resolveKafkaSinkOptions<Text, Text>({
      brokers,
      topic: this.#topic,
      key: serdes.nullable(serdes.string),
      value: serdes.nullable(serdes.string),
      positionsTopic,
      replicationFactor: 1,
    })
    const sink = new KafkaSink(config, (options) => process.through(createConfluentKafka(options)))
    this.#processes.set(sink, process)
    return sink
  }

  record({ topic, partition, offset, index, key }: SinkRow & { readonly key: Text }): {
    key: Text
    value: Text
  } {
    return { key, value: JSON.stringify({ topic, partition, offset, index }) }
  }

  poison({ key }: { readonly key: Text }): { key: Text; value: Text } {
    // Not to be compressed away.
    return { key, value: randomBytes(2 * MAX_BYTES).toString('base64') }
  }

  async contents(): Promise<readonly SinkRow[]> {
    const open = [...this.#processes.values()].flatMap(({ openFrom = [] }) => openFrom)
    const values = await readCommitted(kafka, this.#topic, Math.min(...open))
    return values.map((value) => JSON.parse(value) as SinkRow) // written by `record`
  }

  kill(sink: Sink<Text, Text>): void {
    this.#processOf(sink).isDead = true
  }

  interrupt(
    sink: Sink<Text, Text>,
    ...fault: Parameters<FaultyKafka['arm']>
  ): ReturnType<FaultyKafka['arm']> {
    return this.#processOf(sink).arm(...fault)
  }

  stopTarget(): void {
    for (const process of this.#processes.values()) process.isDown = true
  }

  startTarget(): void {
    for (const process of this.#processes.values()) process.isDown = false
  }

  async close(): Promise<void> {
    for (const process of this.#processes.values()) await process.close()
    await admin.deleteTopics([this.#topic])
  }

  #processOf(sink: Sink<Text, Text>): FaultyKafka {
    const process = this.#processes.get(sink)
    if (process === undefined) throw new TypeError('a sink of another test')
    return process
  }
}

async function readCommitted(
  port: KafkaPort,
  topic: string,
  openFrom: number,
): Promise<readonly string[]> {
  const reader = port.reader({ clientId: 'sink-contract-reader' })
  try {
    const end = await untilStable(topic, openFrom)
    await reader.add([{ topic, partition: 0, offset: 0 }])
    const values: string[] = []
    let next = 0
    while (next < end) {
      const { records, ends } = await reader.poll(10_000, 100)
      for (const { value, offset } of records) {
        values.push(Buffer.from(value ?? []).toString())
        next = offset + 1
      }
      for (const { offset } of ends) next = offset
    }
    return values
  } finally {
    await reader.close()
  }
}

async function offsetOf(topic: string, spec: 'end' | 'stable-end'): Promise<number> {
  return (await admin.listOffsets([{ topic, partition: 0 }], spec))[0]?.offset ?? 0
}

/**
 * A commit is told before its marker is in the topic. A transaction that is left open from `openFrom` on is not waited
 * for: the broker would abort it after a while, and fence who wants to commit it yet.
 */
async function untilStable(topic: string, openFrom: number): Promise<number> {
  for (;;) {
    const stable = await offsetOf(topic, 'stable-end')
    if (stable >= openFrom || stable === (await offsetOf(topic, 'end'))) return stable
    await sleep(20)
  }
}

testSink<Text, Text>('another cluster', {
  capabilities: { tier: 'transactional' },
  open: () => KafkaUnderTest.create(),
  tellsOrder: true,
  steps: ['before-write', 'before-commit', 'after-commit'],
  hasPoison: true,
  canStop: true,
  nullKey: 'written',
  timeoutMs: 120_000,
})
