import { MillraceError, silentLogger } from '@millrace/core'
import {
  type ConsumedRecord,
  createConfluentKafka,
  type KafkaAdmin,
  type KafkaPort,
} from '@millrace/core/internal'
import { type JvmBroker, startJvmBroker } from '@millrace/tools/broker'
import { CommittedReader, partitionsOf } from '../../chaos/committed-reader.ts'
import { type Arrived, compareArrivals } from '../compare.ts'
import { type FedRecord, PARTITIONS, type TrialValue } from '../records.ts'
import type { Findings, TargetAddress, TrialTarget } from './trial-target.ts'

const TOPIC = 'copies'

/** A topic of another broker, as a reader of committed data sees it. */
export class KafkaTrialTarget implements TrialTarget {
  readonly address: TargetAddress
  readonly #broker: JvmBroker
  readonly #kafka: KafkaPort
  readonly #admin: KafkaAdmin
  readonly #stop = new AbortController()
  #arrived = 0
  #failure: Error | undefined
  #reading: Promise<void> = Promise.resolve()

  static async start(): Promise<KafkaTrialTarget> {
    const target = new KafkaTrialTarget(await startJvmBroker())
    const config = { 'retention.ms': '-1' }
    await target.#admin.createTopics([
      { topic: TOPIC, partitions: PARTITIONS, replicationFactor: 1, config },
    ])
    target.#reading = target.#follow().catch((error: unknown) => {
      target.#failure = new Error('the target cannot be read', { cause: error })
    })
    return target
  }

  private constructor(broker: JvmBroker) {
    this.#broker = broker
    const brokers = [broker.brokers]
    this.#kafka = createConfluentKafka({ brokers, logger: silentLogger, overrides: {} })
    this.#admin = this.#kafka.admin({ clientId: 'trial-target' })
    this.address = { kind: 'kafka', brokers: broker.brokers, topic: TOPIC }
  }

  async count(): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure
    return Promise.resolve(this.#arrived)
  }

  async compare(fed: readonly FedRecord[]): Promise<Findings> {
    const arrived: Arrived[] = []
    const reader = await this.#reader(({ key, value }) => {
      // Written by the member of the trial.
      const { n, text } = JSON.parse(Buffer.from(value ?? []).toString()) as TrialValue
      arrived.push({ n, text, key: Buffer.from(key ?? []).toString() })
    })
    await reader.readAll(this.#stop.signal)
    return compareArrivals(fed, arrived, { ordered: true })
  }

  summary(): string {
    return 'a topic of a second broker'
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#reading
    await this.#admin.close()
    await this.#broker.stop()
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        const reader = await this.#reader(() => this.#arrived++)
        await reader.run(signal)
      } catch (error) {
        // A new topic may have no leader yet: nothing has been read then.
        if (!MillraceError.is(error) || error.action !== 'retry' || this.#arrived > 0) throw error
      }
    }
  }

  async #reader(onRecord: (record: ConsumedRecord) => void): Promise<CommittedReader> {
    const kafka = { kafka: this.#kafka, admin: this.#admin }
    return new CommittedReader(kafka, await partitionsOf(this.#admin, [TOPIC]), onRecord)
  }
}
