import type { NewTopic, TopicPartition } from '@millrace/core/internal'
import { PartitionLog } from './partition-log.ts'

export interface SimulatedTopic {
  readonly name: string
  readonly topicId: string
  readonly config: Readonly<Record<string, string>>
  readonly partitions: PartitionLog[]
}

/** Settings of topics that a broker knows; it refuses others. */
const TOPIC_SETTINGS: ReadonlySet<string> = new Set([
  'cleanup.policy',
  'compression.type',
  'delete.retention.ms',
  'file.delete.delay.ms',
  'flush.messages',
  'flush.ms',
  'index.interval.bytes',
  'max.compaction.lag.ms',
  'max.message.bytes',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.type',
  'min.cleanable.dirty.ratio',
  'min.compaction.lag.ms',
  'min.insync.replicas',
  'preallocate',
  'retention.bytes',
  'retention.ms',
  'segment.bytes',
  'segment.index.bytes',
  'segment.jitter.ms',
  'segment.ms',
  'unclean.leader.election.enable',
])

/** As `max.message.bytes`; a client's limit is a little lower. */
const DEFAULT_MAX_MESSAGE_BYTES = 1_048_588

/** The topics of a cluster. A topic that is made anew is another one: other id, empty. */
export class ClusterTopics {
  readonly #byName = new Map<string, SimulatedTopic>()
  #created = 0

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }

  get(name: string): SimulatedTopic | undefined {
    return this.#byName.get(name)
  }

  log({ topic, partition }: TopicPartition): PartitionLog | undefined {
    return this.#byName.get(topic)?.partitions[partition]
  }

  /** What is wrong with a topic that shall be created; undefined when nothing is. */
  problemOf(topic: NewTopic, brokers: number): string | undefined {
    const unknown = Object.keys(topic.config).filter((name) => !TOPIC_SETTINGS.has(name))
    if (unknown.length > 0) return `unknown settings: ${unknown.join(', ')}`
    if (topic.replicationFactor > brokers) return `only ${brokers} brokers`
    return topic.partitions < 1 ? 'no partitions' : undefined
  }

  create({ topic, partitions, config }: NewTopic): void {
    if (this.#byName.has(topic)) return
    const topicId = (++this.#created).toString(16).padStart(32, '0')
    const created: SimulatedTopic = { name: topic, topicId, config, partitions: [] }
    this.#byName.set(topic, created)
    this.grow(topic, partitions)
  }

  grow(name: string, partitions: number): void {
    const topic = this.#byName.get(name)
    if (topic === undefined) return
    for (let number = topic.partitions.length; number < partitions; number++) {
      topic.partitions.push(new PartitionLog(name, number))
    }
  }

  delete(name: string): boolean {
    const topic = this.#byName.get(name)
    this.#byName.delete(name)
    for (const log of topic?.partitions ?? []) log.notify()
    return topic !== undefined
  }

  maxMessageBytes(name: string): number {
    const setting = this.#byName.get(name)?.config['max.message.bytes']
    return setting === undefined ? DEFAULT_MAX_MESSAGE_BYTES : Number(setting)
  }
}
