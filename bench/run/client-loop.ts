import {
  createConfluentKafka,
  type GroupConsumer,
  type PolledBatch,
  silentLogger,
  type TransactionalProducer,
} from '@millrace/core/internal'
import type { RunnerOptions } from './run-options.ts'

/** As the runtime polls. */
const POLL_RECORDS = 8192
const POLL_TIMEOUT_MS = 100

/** How long records are sent before timers and I/O have a turn, as in the runtime. */
const SLICE_RECORDS = 2048

/**
 * What exactly-once costs without a stream processor: read, send each record on as it is, commit the
 * offsets with the output. No task, no record queue, no serde. What is left is the client under the
 * Kafka port, and that is the limit of `passthrough`.
 */
export class ClientLoop {
  readonly #options: RunnerOptions
  readonly #consumer: GroupConsumer
  readonly #producer: TransactionalProducer
  readonly #positions = new Map<number, number>()
  #isStopped = false
  #ended: Promise<void> | undefined

  constructor(options: RunnerOptions) {
    const { applicationId, brokers } = options
    const kafka = createConfluentKafka({
      brokers: brokers.split(','),
      logger: silentLogger,
      overrides: {},
    })
    this.#options = options
    this.#consumer = kafka.groupConsumer({
      groupId: applicationId,
      clientId: applicationId,
      groupProtocol: 'classic',
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3000,
      maxPollIntervalMs: 300_000,
    })
    this.#producer = kafka.transactionalProducer({
      clientId: applicationId,
      transactionalId: applicationId,
      transactionTimeoutMs: 10_000,
    })
  }

  /** Resolves when the loop has ended, after {@link stop}. */
  async run(): Promise<void> {
    this.#ended = this.#loop()
    await this.#ended
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ended
  }

  async #loop(): Promise<void> {
    const { input, commitIntervalMs } = this.#options
    try {
      await this.#producer.init()
      await this.#consumer.subscribe([input])
      await this.#producer.begin()
      let lastCommitMs = Date.now()
      let next = this.#poll()
      while (!this.#isStopped) {
        const batch = await next
        await this.#answerRebalances()
        next = this.#poll()
        await this.#forward(batch)
        if (Date.now() - lastCommitMs < commitIntervalMs) continue
        await this.#commit()
        lastCommitMs = Date.now()
      }
      await next
      await this.#commit()
    } finally {
      await this.#consumer.close()
      await this.#producer.close()
    }
  }

  #poll(): Promise<PolledBatch> {
    return this.#consumer.poll(POLL_RECORDS, POLL_TIMEOUT_MS)
  }

  async #answerRebalances(): Promise<void> {
    for (
      let event = this.#consumer.takeRebalance();
      event !== undefined;
      event = this.#consumer.takeRebalance()
    ) {
      if (event.kind === 'revoked') throw new Error('another member is in this group')
      await this.#consumer.assign(event.partitions.map((one) => ({ ...one, offset: 0 })))
    }
  }

  async #forward({ records }: PolledBatch): Promise<void> {
    const { workload, output } = this.#options
    const isSending = workload === 'client'
    let done = 0
    for (const { partition, offset, key, value, timestamp, headers } of records) {
      this.#positions.set(partition, offset + 1)
      if (!isSending) continue
      this.#producer.send({
        topic: output,
        partition: undefined,
        key,
        value,
        timestampMs: timestamp,
        headers,
      })
      if (++done % SLICE_RECORDS === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #commit(): Promise<void> {
    if (this.#positions.size === 0) return
    const offsets = [...this.#positions].map(([partition, offset]) => ({
      topic: this.#options.input,
      partition,
      offset,
      metadata: '',
    }))
    await this.#producer.sendOffsets(offsets, this.#consumer)
    await this.#producer.commit()
    this.#positions.clear()
    await this.#producer.begin()
  }
}
