import { MillraceError } from '@millrace/core'
import type {
  GroupConsumer,
  KafkaAdmin,
  KafkaPort,
  TopicPartition,
  TopicPartitionOffset,
} from '@millrace/core/internal'
import { partitionsOf } from './topics.ts'
import { pause } from './wait.ts'

/** A consumer group of the app: its own, or that of a sink. */
export interface GroupReads {
  readonly groupId: string
  readonly topics: readonly string[]
}

export interface Lag {
  /** Offsets between what the groups have committed and the end of what they read. */
  readonly offsets: number
  /** Sum of the committed offsets: changes with every commit. */
  readonly committed: number
}

export interface LagProbeOptions {
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly clientId: string
  readonly groups: readonly GroupReads[]
  /** Topics that are written without transactions: what is left there are records. */
  readonly plainTopics: readonly string[]
}

interface Behind extends TopicPartitionOffset {
  readonly end: number
}

const INTERVAL_MS = 500

/** Where the processors stand, asked of the brokers: the committed offsets of groups and the topics' ends. */
export class LagProbe {
  readonly #options: LagProbeOptions
  /** Never join their groups; only ask for their offsets. */
  readonly #groups: readonly { readonly consumer: GroupConsumer; readonly reads: GroupReads }[]
  #areTopicsThere = false
  #lag: Lag = { offsets: 0, committed: 0 }
  #isDrained = false
  #generation = 0

  constructor(options: LagProbeOptions) {
    const { kafka, clientId, groups } = options
    this.#options = options
    this.#groups = groups.map((reads) => {
      const consumer = kafka.groupConsumer({
        groupId: reads.groupId,
        clientId: `${clientId}-lag`,
        groupProtocol: 'classic',
        sessionTimeoutMs: 6000,
        heartbeatIntervalMs: 2000,
        maxPollIntervalMs: 300_000,
      })
      return { consumer, reads }
    })
  }

  /** As of the last look. The commit markers behind the last record are no lag. */
  get lag(): Lag {
    return this.#isDrained ? { ...this.#lag, offsets: 0 } : this.#lag
  }

  /** True when the groups have committed every record that there was at the last look. */
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
        await this.#whenAnswered(async () => {
          if (await this.#haveTopics()) await this.#look()
        }, signal)
        await pause(INTERVAL_MS, signal)
      }
    } finally {
      await Promise.all(this.#groups.map(({ consumer }) => consumer.close()))
    }
  }

  async lagNow(signal: AbortSignal): Promise<Lag> {
    return this.#whenAnswered(async () => lagOf(await this.#behind()), signal)
  }

  /** A broker that has just started, or that waits for a transaction of a killed process, may be slow to answer. */
  async #whenAnswered<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!MillraceError.is(error) || error.action !== 'retry') throw error
        await pause(INTERVAL_MS, signal)
      }
    }
  }

  /** Internal topics are there when the processors have made them. */
  async #haveTopics(): Promise<boolean> {
    if (this.#areTopicsThere) return true
    const topics = new Set(this.#groups.flatMap(({ reads }) => reads.topics))
    const found = await this.#options.admin.describeTopics([...topics])
    this.#areTopicsThere = found.length === topics.size
    return this.#areTopicsThere
  }

  async #behind(): Promise<readonly Behind[]> {
    const all = await Promise.all(
      this.#groups.map(async ({ consumer, reads }) => {
        const partitions = reads.topics.flatMap(partitionsOf)
        // First the offsets, which wait for undecided transactions, then the ends: never less than it is.
        const committed = await consumer.committed(partitions)
        const ends = await this.#options.admin.listOffsets(partitions, 'end')
        return committed.map(({ topic, partition, offset }, index) => {
          const end = ends[index]?.offset ?? 0
          return { topic, partition, offset: offset ?? 0, end }
        })
      }),
    )
    return all.flat()
  }

  async #look(): Promise<void> {
    const generation = this.#generation
    const behind = await this.#behind()
    this.#lag = lagOf(behind)
    const open = behind.filter(({ offset, end }) => offset < end)
    const isDrained = open.length === 0 || (await this.#areWithoutRecords(open))
    if (generation === this.#generation) this.#isDrained = isDrained
  }

  /** Commit markers take up offsets, and nobody commits those: only reading tells them from records. */
  async #areWithoutRecords(from: readonly TopicPartitionOffset[]): Promise<boolean> {
    const { kafka, clientId, plainTopics } = this.#options
    if (from.some(({ topic }) => plainTopics.includes(topic))) return false
    const reader = kafka.reader({ clientId: `${clientId}-rest` })
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

function lagOf(behind: readonly Behind[]): Lag {
  return {
    offsets: behind.reduce((sum, { offset, end }) => sum + end - offset, 0),
    committed: behind.reduce((sum, { offset }) => sum + offset, 0),
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
