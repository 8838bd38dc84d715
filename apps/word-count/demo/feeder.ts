import type { KafkaProducer } from '@millrace/core/internal'
import { wordsOf } from '../words.ts'
import { pause } from './wait.ts'

export interface FeederOptions {
  readonly producer: KafkaProducer
  readonly topic: string
  readonly lines: readonly string[]
  /** The pace, as it is to be now. */
  readonly wordsPerSecond: () => number
  /** How many words may be fed by now. */
  readonly limit: () => number
}

const TICK_MS = 50

/** After a hold-up, this much time is caught up on at most. */
const MAX_CATCH_UP_MS = 500

/** Sends the text line by line, a record without a key each, at an even pace. */
export class Feeder {
  readonly #options: FeederOptions
  #fedLines = 0
  #fedWords = 0

  constructor(options: FeederOptions) {
    this.#options = options
  }

  /** Words of lines that the broker has acknowledged. */
  get fedWords(): number {
    return this.#fedWords
  }

  get isDone(): boolean {
    return this.#fedLines === this.#options.lines.length
  }

  async run(signal: AbortSignal): Promise<void> {
    const { producer } = this.#options
    let lastMs = Date.now()
    let budget = 0
    while (!this.isDone) {
      await pause(TICK_MS, signal)
      const now = Date.now()
      const wordsPerSecond = this.#options.wordsPerSecond()
      const elapsedMs = Math.min(now - lastMs, MAX_CATCH_UP_MS)
      budget = Math.min(budget + (wordsPerSecond * elapsedMs) / 1000, wordsPerSecond)
      lastMs = now
      const { lines, words } = this.#send(budget)
      await producer.flush()
      budget -= words
      this.#fedLines += lines
      this.#fedWords += words
    }
  }

  async close(): Promise<void> {
    await this.#options.producer.close()
  }

  /** Sends lines until the budget or the limit is reached. The last one may go beyond. */
  #send(budget: number): { lines: number; words: number } {
    const { producer, topic, lines, limit } = this.#options
    const mayFeed = Math.min(budget, limit() - this.#fedWords)
    let sent = 0
    let words = 0
    while (words < mayFeed) {
      const line = lines[this.#fedLines + sent]
      if (line === undefined) break
      const value = Buffer.from(line, 'utf8')
      const timestampMs = Date.now()
      producer.send({ topic, partition: undefined, key: null, value, timestampMs, headers: [] })
      sent++
      words += wordsOf(line).length
    }
    return { lines: sent, words }
  }
}
