import type { KafkaAdmin, TopicPartition, TopicPartitionOffset } from '@millrace/core/internal'
import { partitionsOf, pause } from '@millrace/trial'
import type { DemoTopics } from './topics.ts'

interface StuckPartition {
  readonly key: string
  readonly stable: number
  readonly end: number
}

/** Which transactions are open, asked of the brokers: what is between last stable offsets and ends. */
export class OpenTransactions {
  readonly #admin: KafkaAdmin
  readonly #topics: DemoTopics
  /** Where the transactions of earlier kills stand, by partition: not to be counted again. */
  #cutOff: ReadonlyMap<string, number> = new Map()

  constructor(admin: KafkaAdmin, topics: DemoTopics) {
    this.#admin = admin
    this.#topics = topics
  }

  /** Other than those of earlier kills that nobody has fenced yet. */
  async isAnyOpen(): Promise<boolean> {
    const { partitions, ends, stable } = await this.#written()
    return partitions.some((partition, index) => {
      const before = stable[index]?.offset ?? 0
      return before < (ends[index]?.offset ?? 0) && this.#cutOff.get(keyOf(partition)) !== before
    })
  }

  /** True when a transaction is open that nobody ends while the others commit, and that is new. */
  async isAnyStuck(othersCommitMs: number, signal: AbortSignal): Promise<boolean> {
    const stuck = await this.#stuck(othersCommitMs, signal)
    return stuck.some(({ key, stable }) => this.#cutOff.get(key) !== stable)
  }

  /**
   * Records in the log behind the open transaction of a processor that was just killed. With one
   * processor these are its own; with more, records of others may lie between them.
   */
  async recordsCutOff(othersCommitMs: number, signal: AbortSignal): Promise<number> {
    const stuck = await this.#stuck(othersCommitMs, signal)
    const fresh = stuck.filter(({ key, stable }) => this.#cutOff.get(key) !== stable)
    this.#cutOff = new Map(stuck.map(({ key, stable }) => [key, stable]))
    return fresh.reduce((sum, { end, stable }) => sum + end - stable, 0)
  }

  /**
   * Partitions whose last stable offset stands still before what is their end now. Transactions of
   * others may be older: the first half of the time is for those.
   */
  async #stuck(othersCommitMs: number, signal: AbortSignal): Promise<readonly StuckPartition[]> {
    const { partitions, ends } = await this.#written()
    await pause(othersCommitMs / 2, signal)
    const before = await this.#admin.listOffsets(partitions, 'stable-end')
    await pause(othersCommitMs / 2, signal)
    const after = await this.#admin.listOffsets(partitions, 'stable-end')
    return ends
      .map(({ offset: end, ...partition }, index) => {
        const stable = before[index]?.offset ?? end
        const isStuck = stable < end && after[index]?.offset === stable
        return { key: keyOf(partition), stable, end, isStuck }
      })
      .filter(({ isStuck }) => isStuck)
  }

  async #written(): Promise<{
    readonly partitions: readonly TopicPartition[]
    readonly ends: readonly TopicPartitionOffset[]
    readonly stable: readonly TopicPartitionOffset[]
  }> {
    const { output, repartition, changelog } = this.#topics
    const partitions = [output, repartition, changelog].flatMap(partitionsOf)
    const [ends, stable] = await Promise.all([
      this.#admin.listOffsets(partitions, 'end'),
      this.#admin.listOffsets(partitions, 'stable-end'),
    ])
    return { partitions, ends, stable }
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
