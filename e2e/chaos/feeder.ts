import { MillraceError } from '@millrace/core'
import type { KafkaPort, KafkaProducer } from '@millrace/core/internal'
import { pause, type Random, seededRandom } from '@millrace/trial'
import { between } from './random.ts'
import type { ChaosTopics, FedRecord } from './records.ts'

export interface FeederOptions {
  readonly kafka: KafkaPort
  readonly topics: ChaosTopics
  /** Of new records, a second. */
  readonly rate: number
  readonly seed: number
}

const TICK_MS = 50
/** After a hold-up, this much time is caught up on at most. */
const MAX_CATCH_UP_MS = 500
const NEW_KEYS = 200
/** So many that most have no update for seconds: what is lost of them is not written again at once. */
const OLD_KEYS = 300
/** New records are out of order by this much at most. */
const JITTER_MS = 8000
/** One old record for so many new ones. */
const OLD_EVERY = 10
/** Old records begin here, 2015-01-01, in order. */
const OLD_START_MS = 1_420_070_400_000
const OLD_STEP_MS = 3000

/** Writes records with known ids at an even pace, with a producer that sends each one once. */
export class Feeder {
  readonly #options: FeederOptions
  readonly #random: Random
  readonly #fed: FedRecord[] = []
  readonly #ids = { new: 0, old: 0 }
  #acknowledged = { fresh: 0, old: 0 }
  #producer: KafkaProducer | undefined
  #isPaused = false
  #isFlushing = false

  constructor(options: FeederOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
  }

  /** Everything that the broker has acknowledged. */
  get fed(): readonly FedRecord[] {
    return this.#fed
  }

  /** How many of each stream. */
  get acknowledged(): { readonly fresh: number; readonly old: number } {
    return this.#acknowledged
  }

  /** Until the signal is aborted; what was sent is acknowledged then. */
  async run(signal: AbortSignal): Promise<void> {
    let lastMs = performance.now()
    let budget = 0
    try {
      while (!signal.aborted) {
        await pause(TICK_MS, signal).catch(() => undefined) // what is sent is to be counted first
        const nowMs = performance.now()
        budget += (this.#options.rate * Math.min(nowMs - lastMs, MAX_CATCH_UP_MS)) / 1000
        lastMs = nowMs
        if (this.#isPaused) budget = 0
        const due = Math.floor(budget)
        budget -= due
        await this.#write(due)
      }
    } finally {
      await this.#producer?.close()
    }
  }

  /** Resolves when nothing is under way. The next write connects anew: the broker may go in between. */
  async hold(signal: AbortSignal): Promise<void> {
    this.#isPaused = true
    while (this.#isFlushing) await pause(TICK_MS, signal)
    await this.#producer?.close()
    this.#producer = undefined
  }

  goOn(): void {
    this.#isPaused = false
  }

  async #write(count: number): Promise<void> {
    if (count === 0) return
    this.#isFlushing = true
    const producer = this.#producer ?? this.#options.kafka.producer({ clientId: 'chaos-feeder' })
    this.#producer = producer
    await flush(producer) // Connects: sending does not wait, and connecting does.
    const batch: FedRecord[] = []
    for (let i = 0; i < count; i++) {
      batch.push(this.#next('new'))
      if (this.#ids.new % OLD_EVERY === 0) batch.push(this.#next('old'))
    }
    for (const record of batch) this.#send(producer, record)
    await flush(producer)
    this.#fed.push(...batch)
    this.#acknowledged = { fresh: this.#ids.new, old: this.#ids.old }
    this.#isFlushing = false
  }

  #next(stream: FedRecord['stream']): FedRecord {
    const id = this.#ids[stream]++
    if (stream === 'old') {
      const key = `o${between(this.#random, 0, OLD_KEYS - 1)}`
      return { stream, id, key, timestampMs: OLD_START_MS + id * OLD_STEP_MS }
    }
    const key = `k${between(this.#random, 0, NEW_KEYS - 1)}`
    return { stream, id, key, timestampMs: Date.now() - between(this.#random, 0, JITTER_MS) }
  }

  #send(producer: KafkaProducer, { stream, id, key, timestampMs }: FedRecord): void {
    const { newInput, oldInput } = this.#options.topics
    producer.send({
      topic: stream === 'new' ? newInput : oldInput,
      partition: undefined,
      // New records find their key behind the repartition topic only.
      key: Buffer.from(stream === 'new' ? `r${id}` : key),
      value: Buffer.from(JSON.stringify({ key, id })),
      timestampMs,
      headers: [],
    })
  }
}

/** The client gives up a flush after a while, and not the records: a broker may be away. */
async function flush(producer: KafkaProducer): Promise<void> {
  for (;;) {
    try {
      await producer.flush()
      return
    } catch (error) {
      if (!MillraceError.is(error) || error.action !== 'retry') throw error
    }
  }
}
