import type { KafkaAdmin } from '../kafka/admin.ts'
import type { CommitOffset } from '../kafka/group-consumer.ts'
import type { Logger } from '../observe/logger.ts'
import { partitionKey, type TopicPartitionOffset } from '../record/topic-partition.ts'
import type { Clock } from '../time/clock.ts'

export interface RepartitionPurgerParts {
  readonly admin: KafkaAdmin
  readonly topics: ReadonlySet<string>
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Deletes records of repartition topics once their processing is committed: these topics keep
 * everything otherwise (Kafka Streams: `repartition.purge.interval.ms`).
 */
export class RepartitionPurger {
  readonly #parts: RepartitionPurgerParts
  readonly #purgeable = new Map<string, TopicPartitionOffset>()
  #lastMs: number
  #running: Promise<void> | undefined

  constructor(parts: RepartitionPurgerParts) {
    this.#parts = parts
    this.#lastMs = parts.clock.nowMs()
  }

  /** Told after every commit; never waits, never throws: a purge that fails is tried with the next. */
  committed(offsets: readonly CommitOffset[]): void {
    const { topics, clock, intervalMs } = this.#parts
    for (const { topic, partition, offset } of offsets) {
      if (topics.has(topic))
        this.#purgeable.set(partitionKey(topic, partition), { topic, partition, offset })
    }
    const now = clock.nowMs()
    if (
      this.#purgeable.size === 0 ||
      this.#running !== undefined ||
      now - this.#lastMs < intervalMs
    )
      return
    this.#lastMs = now
    const before = [...this.#purgeable.values()]
    this.#purgeable.clear()
    this.#running = this.#purge(before)
  }

  /** Waits for the purge under way. */
  async close(): Promise<void> {
    await this.#running
  }

  async #purge(before: readonly TopicPartitionOffset[]): Promise<void> {
    try {
      await this.#parts.admin.deleteRecords(before)
    } catch (error) {
      this.#parts.logger.debug(
        'purging repartition topics failed; the next purge takes them along',
        { error },
      )
    } finally {
      this.#running = undefined
    }
  }
}
