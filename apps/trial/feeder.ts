import type { KafkaProducer } from '@millrace/core/internal'
import { pause } from './wait.ts'

/** A record that a trial sends. */
export interface FedRecord {
  readonly topic: string
  readonly key: string | null
  readonly value: string | null
  /** @defaultValue when it is sent */
  readonly timestampMs?: number
  /** How much of the work it is. @defaultValue 1 */
  readonly weight?: number
}

export interface FeederOptions {
  readonly producer: KafkaProducer
  readonly records: readonly FedRecord[]
  /** The pace in weights, as it is to be now. */
  readonly perSecond: () => number
  /** How much, in weights, may be fed by now. */
  readonly limit: () => number
}

const TICK_MS = 50

/** After a hold-up, this much time is caught up on at most. */
const MAX_CATCH_UP_MS = 500

/** Queues the record; does not wait. */
export function sendRecord(producer: KafkaProducer, record: FedRecord): void {
  const { topic, key, value, timestampMs = Date.now() } = record
  const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text))
  producer.send({
    topic,
    partition: undefined,
    key: bytes(key),
    value: bytes(value),
    timestampMs,
    headers: [],
  })
}

/** Sends records in their order, at an even pace. */
export class Feeder {
  readonly #options: FeederOptions
  #records = 0
  #fed = 0

  constructor(options: FeederOptions) {
    this.#options = options
  }

  /** Weight of the records that the broker has acknowledged. */
  get fed(): number {
    return this.#fed
  }

  get isDone(): boolean {
    return this.#records === this.#options.records.length
  }

  async run(signal: AbortSignal): Promise<void> {
    const { producer } = this.#options
    let lastMs = Date.now()
    let budget = 0
    while (!this.isDone) {
      await pause(TICK_MS, signal)
      const now = Date.now()
      const perSecond = this.#options.perSecond()
      const elapsedMs = Math.min(now - lastMs, MAX_CATCH_UP_MS)
      budget = Math.min(budget + (perSecond * elapsedMs) / 1000, perSecond)
      lastMs = now
      const { records, weight } = this.#send(budget)
      await producer.flush()
      budget -= weight
      this.#records += records
      this.#fed += weight
    }
  }

  async close(): Promise<void> {
    await this.#options.producer.close()
  }

  /** Sends until the budget or the limit is reached. The last record may go beyond. */
  #send(budget: number): { records: number; weight: number } {
    const { producer, limit } = this.#options
    const mayFeed = Math.min(budget, limit() - this.#fed)
    let records = 0
    let weight = 0
    while (weight < mayFeed) {
      const record = this.#options.records[this.#records + records]
      if (record === undefined) break
      sendRecord(producer, record)
      records++
      weight += record.weight ?? 1
    }
    return { records, weight }
  }
}
