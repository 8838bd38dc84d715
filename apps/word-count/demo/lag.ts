import type {
  GroupConsumer,
  KafkaAdmin,
  KafkaPort,
  TopicPartition,
  TopicPartitionOffset,
} from '@millrace/core/internal'
import { type DemoTopics, partitionsOf } from './topics.ts'
import { pause } from './wait.ts'

export interface Lag {
  /** Offsets between what the processors have committed and the end of what they read. */
  readonly offsets: number
  /** Sum of the committed offsets: changes with every commit. */
  readonly committed: number
}

const INTERVAL_MS = 500

/** Where the processors stand, asked of the brokers: the group's committed offsets and the topics' ends. */
export class LagProbe {
  readonly #kafka: KafkaPort
  readonly #admin: KafkaAdmin
  readonly #topics: DemoTopics
  /** Never joins the group; only asks for its offsets. */
  readonly #group: GroupConsumer
  #lag: Lag = { offsets: 0, committed: 0 }
  #isDrained = false
  #generation = 0
  /** Where the transactions of earlier kills stand, by partition: not to be counted again. */
  #cutOff: ReadonlyMap<string, number> = new Map()

  constructor(kafka: KafkaPort, admin: KafkaAdmin, topics: DemoTopics) {
    this.#kafka = kafka
    this.#admin = admin
    this.#topics = topics
    this.#group = kafka.groupConsumer({
      groupId: topics.applicationId,
      clientId: `${topics.applicationId}-lag`,
      groupProtocol: 'classic',
      sessionTimeoutMs: 6000,
      heartbeatIntervalMs: 2000,
      maxPollIntervalMs: 300_000,
    })
  }

  /** As of the last look. The commit markers behind the last record are no lag. */
  get lag(): Lag {
    return this.#isDrained ? { ...this.#lag, offsets: 0 } : this.#lag
  }

  /** True when the processors have committed every record that there was at the last look. */
  get isDrained(): boolean {
    return this.#isDrained
  }

  /** From now on only a look that begins later can say that it is drained. */
  forget(): void {
    this.#isDrained = false
    this.#generation++
  }

  /** Looks twice a second until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#look()
        await pause(INTERVAL_MS, signal)
      }
    } finally {
      await this.#group.close()
    }
  }

  /** Other than those of earlier kills that nobody has fenced yet. */
  async hasOpenTransaction(): Promise<boolean> {
    const { partitions, ends, stable } = await this.#written()
    return partitions.some((partition, index) => {
      const before = stable[index]?.offset ?? 0
      return before < (ends[index]?.offset ?? 0) && this.#cutOff.get(keyOf(partition)) !== before
    })
  }

  /** True when a transaction is open that nobody ends while the others commit, and that is new. */
  async hasStuckTransaction(othersCommitMs: number, signal: AbortSignal): Promise<boolean> {
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
  async #stuck(
    othersCommitMs: number,
    signal: AbortSignal,
  ): Promise<readonly { readonly key: string; readonly stable: number; readonly end: number }[]> {
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

  async lagNow(): Promise<number> {
    const behind = await this.#behind()
    return behind.reduce((sum, { offset, end }) => sum + end - offset, 0)
  }

  async #behind(): Promise<readonly (TopicPartitionOffset & { readonly end: number })[]> {
    const { input, repartition } = this.#topics
    const partitions = [...partitionsOf(input), ...partitionsOf(repartition)]
    // First the offsets, which wait for undecided transactions, then the ends: never less than it is.
    const committed = await this.#group.committed(partitions)
    const ends = await this.#admin.listOffsets(partitions, 'end')
    return committed.map(({ topic, partition, offset }, index) => {
      const end = ends[index]?.offset ?? 0
      return { topic, partition, offset: offset ?? 0, end }
    })
  }

  async #look(): Promise<void> {
    const generation = this.#generation
    const behind = await this.#behind()
    this.#lag = {
      offsets: behind.reduce((sum, { offset, end }) => sum + end - offset, 0),
      committed: behind.reduce((sum, { offset }) => sum + offset, 0),
    }
    const open = behind.filter(({ offset, end }) => offset < end)
    const isDrained = open.length === 0 || (await this.#areWithoutRecords(open))
    if (generation === this.#generation) this.#isDrained = isDrained
  }

  /** Commit markers take up offsets, and nobody commits those: only reading tells them from records. */
  async #areWithoutRecords(from: readonly TopicPartitionOffset[]): Promise<boolean> {
    if (from.some(({ topic }) => topic === this.#topics.input)) return false
    const reader = this.#kafka.reader({ clientId: `${this.#topics.applicationId}-rest` })
    try {
      await reader.add(from)
      const unread = new Set(from.map(keyOf))
      while (unread.size > 0) {
        const { records, ends } = await reader.poll(1, 1000)
        if (records.length > 0) return false
        if (ends.length === 0) return false // slow, or behind an open transaction: at the next look
        for (const end of ends) unread.delete(keyOf(end))
      }
      return true
    } finally {
      await reader.close()
    }
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
