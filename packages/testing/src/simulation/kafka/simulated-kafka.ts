import {
  type GroupConsumerOptions,
  type KafkaPort,
  partitionForKey,
  type ProducerOptions,
  type ProducerRecord,
  type TopicPartition,
  type TransactionalProducerOptions,
} from '@millrace/core/internal'
import type { SimulatedProcess } from '../time/simulated-process.ts'
import type { VirtualScheduler } from '../time/virtual-scheduler.ts'
import { BrokerNetwork, type ClientIdentity } from './broker-network.ts'
import { type KafkaFaults, SeededFaults } from './kafka-faults.ts'
import type { ClusterTopics } from './cluster-topics.ts'
import { SimulatedAdmin } from './simulated-admin.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedGroupConsumer } from './simulated-group-consumer.ts'
import { SimulatedProducer } from './simulated-producer.ts'
import { SimulatedReader } from './simulated-reader.ts'
import { SimulatedTransactionalProducer } from './simulated-transactional-producer.ts'

/** Options of {@link SimulatedKafka}. */
export interface SimulatedKafkaOptions {
  readonly scheduler: VirtualScheduler
  /** @defaultValue a healthy cluster, seeded with 1 */
  readonly faults?: KafkaFaults
  /** Each leads its share of the partitions, groups and transactional ids. @defaultValue 3 */
  readonly brokers?: number
  /** @defaultValue 'cooperative' */
  readonly rebalanceProtocol?: 'cooperative' | 'eager'
  /** As `offsets.retention.minutes`. @defaultValue 7 days */
  readonly offsetsRetentionMs?: number
}

const WEEK_MS = 7 * 24 * 3_600_000

/**
 * A Kafka cluster in virtual time, for any number of processes: the second implementation of the Kafka
 * port. What it does is decided by the scheduler's seed and the faults alone.
 */
export class SimulatedKafka {
  readonly #cluster: SimulatedCluster
  readonly #cooperative: boolean

  constructor(options: SimulatedKafkaOptions) {
    const faults = options.faults ?? new SeededFaults({ seed: 1 })
    this.#cooperative = options.rebalanceProtocol !== 'eager'
    this.#cluster = new SimulatedCluster(
      new BrokerNetwork(options.scheduler, faults, options.brokers ?? 3),
      {
        cooperative: this.#cooperative,
        offsetsRetentionMs: options.offsetsRetentionMs ?? WEEK_MS,
      },
    )
  }

  /** Brokers that come and go, and who leads what. */
  get network(): BrokerNetwork {
    return this.#cluster.network
  }

  /** Topics and their logs, as the brokers have them; to create one here takes no time. */
  get topics(): ClusterTopics {
    return this.#cluster.topics
  }

  /** The port of one process. Kill or pause the process, and its clients stop with it. */
  connect(process: SimulatedProcess): KafkaPort {
    const cluster = this.#cluster
    const cooperative = this.#cooperative
    const clientOf = ({ clientId }: { readonly clientId: string }): ClientIdentity => ({
      process,
      clientId,
    })
    return {
      groupConsumer: (options: GroupConsumerOptions) =>
        new SimulatedGroupConsumer(
          cluster,
          clientOf(options),
          options,
          // Also with the protocol 'consumer', which is as the classic one here.
          cooperative && options.groupInstanceId === undefined,
        ),
      producer: (options: ProducerOptions) => new SimulatedProducer(cluster, clientOf(options)),
      transactionalProducer: (options: TransactionalProducerOptions) =>
        new SimulatedTransactionalProducer(cluster, clientOf(options), options),
      reader: (options: { readonly clientId: string }) =>
        new SimulatedReader(cluster, clientOf(options)),
      admin: (options: { readonly clientId: string }) =>
        new SimulatedAdmin(cluster, clientOf(options)),
    }
  }

  /**
   * Puts a record into a log at once, as from a producer outside the simulation.
   * @throws TypeError when the partition does not exist
   */
  append(record: ProducerRecord): void {
    const { topic, key, value, headers, timestampMs } = record
    const count = this.topics.get(topic)?.partitions.length ?? 0
    const partition = record.partition ?? (key === null ? 0 : partitionForKey(key, count))
    const log = this.topics.log({ topic, partition })
    if (log === undefined) throw new TypeError(`there is no ${topic}-${partition}`)
    log.append({ topic, partition, timestamp: timestampMs, key, value, headers })
    log.notify()
  }

  /** What the group has committed, decided transactions only; undefined when it has nothing. */
  committedOffset(groupId: string, partition: TopicPartition): number | undefined {
    return this.#cluster.groups.offsets(groupId).read(partition).offset
  }

  /** Makes all members of the group join again. */
  forceRebalance(groupId: string): void {
    this.#cluster.groups.find(groupId)?.rebalance()
  }

  /** Compacts all partitions of a topic, up to the last stable offset. Offsets stay. */
  compact(topic: string): void {
    for (const log of this.topics.get(topic)?.partitions ?? []) log.compact()
  }
}
