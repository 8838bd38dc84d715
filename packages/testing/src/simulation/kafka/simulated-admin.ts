import type {
  GroupMember,
  KafkaAdmin,
  NewTopic,
  OffsetSpec,
  TopicDescription,
  TopicPartition,
  TopicPartitionOffset,
} from '@millrace/core/internal'
import { brokerError, closedClient, type ErrorPlace, unknownTopic } from './broker-error.ts'
import { ANY_BROKER, type ClientIdentity } from './broker-network.ts'
import type { PartitionLog } from './partition-log.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'

const REQUEST_TIMEOUT_MS = 15_000

/** Topics, offsets and groups. */
export class SimulatedAdmin implements KafkaAdmin {
  readonly #cluster: SimulatedCluster
  readonly #client: ClientIdentity
  #isClosed = false

  constructor(cluster: SimulatedCluster, client: ClientIdentity) {
    this.#cluster = cluster
    this.#client = client
  }

  describeTopics(names: readonly string[]): Promise<readonly TopicDescription[]> {
    return this.#call('describeTopics', () =>
      [...new Set(names)].flatMap((name) => {
        const topic = this.#cluster.topics.get(name)
        if (topic === undefined) return []
        return { topic: name, partitions: topic.partitions.length, topicId: topic.topicId }
      }),
    )
  }

  listTopics(): Promise<readonly string[]> {
    return this.#call('listTopics', () => this.#cluster.topics.names)
  }

  createTopics(wanted: readonly NewTopic[]): Promise<void> {
    return this.#call('createTopics', () => {
      const { topics, network } = this.#cluster
      for (const topic of wanted) {
        const problem = topics.problemOf(topic, network.brokers)
        if (problem !== undefined) {
          const place = this.#place('createTopics', { topic: topic.topic })
          throw brokerError('MR_CONFIG', `Kafka refused a setting: ${problem}`, place)
        }
        topics.create(topic)
      }
    })
  }

  growTopic(topic: string, partitions: number): Promise<void> {
    return this.#call('growTopic', () => {
      const { topics, groups } = this.#cluster
      const found = topics.get(topic)
      if (found === undefined) throw unknownTopic(this.#place('growTopic', { topic }))
      if (found.partitions.length >= partitions) return
      topics.grow(topic, partitions)
      groups.topicGrew(topic)
    })
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#call('deleteTopics', () => {
      for (const name of names) {
        if (this.#cluster.topics.delete(name)) this.#cluster.groups.topicDeleted(name)
      }
    })
  }

  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#call('deleteRecords', () => {
      for (const at of before) {
        const log = this.#log('deleteRecords', at)
        if (at.offset > log.endOffset) {
          const place = this.#place('deleteRecords', at)
          throw brokerError('MR_OFFSET_OUT_OF_RANGE', 'the position is not in the log', place)
        }
        log.deleteBefore(at.offset)
      }
    })
  }

  listOffsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec,
  ): Promise<readonly TopicPartitionOffset[]> {
    return this.#call('listOffsets', () =>
      partitions.map(({ topic, partition }) => {
        const log = this.#log('listOffsets', { topic, partition })
        return { topic, partition, offset: offsetOf(log, spec) }
      }),
    )
  }

  describeGroup(groupId: string): Promise<readonly GroupMember[]> {
    return this.#call('describeGroup', () => this.#cluster.groups.find(groupId)?.members ?? [])
  }

  close(): Promise<void> {
    this.#isClosed = true
    return Promise.resolve()
  }

  async #call<T>(operation: string, act: () => T): Promise<T> {
    const place = this.#place(operation)
    if (this.#isClosed) throw closedClient(place)
    return this.#cluster.network.call<T>(
      {
        client: this.#client,
        operation: `admin.${operation}`,
        broker: ANY_BROKER,
        timeoutMs: REQUEST_TIMEOUT_MS,
        place,
      },
      (answer) => {
        try {
          answer.resolve(act())
        } catch (error) {
          answer.reject(error as Error) // Thrown above.
        }
      },
    )
  }

  #log(operation: string, { topic, partition }: TopicPartition): PartitionLog {
    const log = this.#cluster.topics.log({ topic, partition })
    if (log === undefined) throw unknownTopic(this.#place(operation, { topic, partition }))
    return log
  }

  #place(operation: string, more: Partial<ErrorPlace> = {}): ErrorPlace {
    const { topic, partition } = more
    return {
      operation,
      clientId: this.#client.clientId,
      ...(topic === undefined ? {} : { topic }),
      ...(partition === undefined ? {} : { partition }),
    }
  }
}

function offsetOf(log: PartitionLog, spec: OffsetSpec): number {
  if (typeof spec === 'object') return log.offsetFrom(spec.fromTimestampMs)
  if (spec === 'start') return log.startOffset
  return spec === 'end' ? log.endOffset : log.lastStableOffset
}
