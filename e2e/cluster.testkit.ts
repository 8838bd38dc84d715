import {
  createConfluentKafka,
  type KafkaAdmin,
  type KafkaPort,
  type KafkaReader,
  silentLogger,
  type TopicPartition,
} from '@millrace/core/internal'
import { type JvmBroker, startJvmBroker } from '@millrace/tools/broker'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { MemberProcess, type MemberSpec } from './member-process.testkit.ts'

/** Settings of librdkafka by their own names. */
export type RawSettings = Readonly<Record<string, string | number | boolean>>

export interface ClusterOptions {
  readonly broker?: JvmBroker
  /** How the test itself logs in. */
  readonly login?: RawSettings
}

/** Names a broker that all tests share. */
function sharedBrokers(): string {
  const brokers = process.env['KAFKA_BROKERS']
  if (brokers === undefined) throw new Error('set KAFKA_BROKERS to host:port of a broker')
  return brokers
}

/** What one test has in Kafka: names of its own, its clients, its processes. All gone when it ends. */
export class TestCluster {
  readonly brokers: string
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  /** Part of every name that belongs to this test. */
  readonly id: string
  readonly #topics = new Set<string>()
  readonly #members: MemberProcess[] = []
  readonly #closers: (() => Promise<void>)[] = []
  readonly #isShared: boolean
  readonly #login: RawSettings
  /** Ends with the test. */
  #ownBroker: JvmBroker | undefined

  /** On the broker that all tests share, unless another one is given. */
  constructor(context: TestContext, { broker, login = {} }: ClusterOptions = {}) {
    this.brokers = broker?.brokers ?? sharedBrokers()
    this.#isShared = broker === undefined
    this.#login = login
    this.kafka = this.newKafka()
    this.admin = this.kafka.admin({ clientId: 'e2e-admin' })
    this.id = `e2e-${randomUUID().slice(0, 8)}`
    context.after(() => this.#close())
  }

  /** Those that the test has created. */
  get topics(): readonly string[] {
    return [...this.#topics]
  }

  newKafka(brokers: string = this.brokers, overrides: RawSettings = this.#login): KafkaPort {
    return createConfluentKafka({ brokers: brokers.split(','), logger: silentLogger, overrides })
  }

  /** Keeps records of any age: the broker deletes by timestamp, and those of tests are often long past. */
  async createTopic(
    name: string,
    partitions: number,
    config: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const topic = `${this.id}-${name}`
    this.#topics.add(topic)
    const settings = { 'retention.ms': '-1', ...config }
    await this.admin.createTopics([{ topic, partitions, replicationFactor: 1, config: settings }])
    return topic
  }

  /** Runs a member in a process of its own; it is killed when the test ends. */
  startMember(spec: Omit<MemberSpec, 'brokers'>): MemberProcess {
    const member = new MemberProcess({ ...spec, brokers: this.brokers })
    this.#members.push(member)
    return member
  }

  /** A reader of committed records, from the start of all partitions. */
  async readAll(topic: string): Promise<{ reader: KafkaReader; partitions: TopicPartition[] }> {
    const [found] = await this.admin.describeTopics([topic])
    const partitions = Array.from({ length: found?.partitions ?? 0 }, (_, partition) => ({
      topic,
      partition,
    }))
    const reader = this.kafka.reader({ clientId: `e2e-reader-${randomUUID()}` })
    this.#closers.push(() => reader.close())
    await reader.add(partitions.map((partition) => ({ ...partition, offset: 0 })))
    return { reader, partitions }
  }

  /** To be called when the test is over, before the topics are deleted. */
  defer(close: () => Promise<void>): void {
    this.#closers.push(close)
  }

  /** A broker of its own, which ends with the test. */
  static async withOwnBroker(
    context: TestContext,
    properties: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly cluster: TestCluster; readonly broker: JvmBroker }> {
    const broker = await startJvmBroker({ properties })
    const cluster = new TestCluster(context, { broker })
    cluster.#ownBroker = broker
    return { cluster, broker }
  }

  /** Whatever fails, the rest is closed too: a broker that is left over would keep the test's process alive. */
  async #close(): Promise<void> {
    const steps = [
      ...this.#members.map((member) => () => member.kill()),
      ...this.#closers.reverse(),
      () => (this.#isShared ? this.#deleteTopics() : undefined),
      () => this.admin.close(),
      () => this.#ownBroker?.stop(),
    ]
    const errors: unknown[] = []
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'the test did not clean up')
  }

  async #deleteTopics(): Promise<void> {
    const internal = (await this.admin.listTopics()).filter((topic) => topic.startsWith(this.id))
    await this.admin.deleteTopics([...new Set([...this.#topics, ...internal])])
  }
}
