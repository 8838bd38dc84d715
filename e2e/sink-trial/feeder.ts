import type { KafkaPort, TransactionalProducer } from '@millrace/core/internal'
import { pause } from '@millrace/trial'
import { type FedRecord, recordOf } from './records.ts'

const PER_TRANSACTION = 5000
/** One transaction of so many is aborted: offsets have gaps, and readers see only what is committed. */
const ABORT_EVERY = 7
const LOOK_MS = 50

export interface FeederOptions {
  readonly kafka: KafkaPort
  readonly topic: string
  readonly count: number
  /** How many may be committed by now: the rest comes when the run has got so far. */
  readonly allowed: () => number
}

/** Writes records in transactions, of which some are aborted. */
export class Feeder {
  readonly #options: FeederOptions
  readonly #committed: FedRecord[] = []
  #next = 0

  constructor(options: FeederOptions) {
    this.#options = options
  }

  /** In the order in which they were written. */
  get committed(): readonly FedRecord[] {
    return this.#committed
  }

  /** Resolves when all are committed. */
  async run(signal: AbortSignal): Promise<void> {
    const { kafka, topic, count } = this.#options
    const producer = kafka.transactionalProducer({
      clientId: 'trial-feeder',
      transactionalId: `trial-feeder-${topic}`,
      transactionTimeoutMs: 60_000,
    })
    try {
      await producer.init()
      for (let transaction = 1; this.#committed.length < count; transaction++) {
        while (this.#room() === 0) await pause(LOOK_MS, signal)
        await this.#transact(producer, transaction)
      }
    } finally {
      await producer.close()
    }
  }

  #room(): number {
    const { count, allowed } = this.#options
    const limit = Math.min(count, Math.ceil(allowed()))
    return Math.max(0, Math.min(PER_TRANSACTION, limit - this.#committed.length))
  }

  async #transact(producer: TransactionalProducer, transaction: number): Promise<void> {
    const records = Array.from({ length: this.#room() }, () => recordOf(this.#next++))
    await producer.begin()
    for (const record of records) this.#send(producer, record)
    if (transaction % ABORT_EVERY === 0) {
      // Or nothing of it is in the log, and there is no gap.
      await producer.flush()
      await producer.abort()
    } else {
      await producer.commit()
      this.#committed.push(...records)
    }
  }

  #send(producer: TransactionalProducer, { n, key, text }: FedRecord): void {
    producer.send({
      topic: this.#options.topic,
      partition: undefined,
      key: Buffer.from(key),
      value: Buffer.from(JSON.stringify({ n, text })),
      timestampMs: Date.now(),
      headers: [],
    })
  }
}
