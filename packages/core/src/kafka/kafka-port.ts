import type { KafkaAdmin } from './admin.ts'
import type { GroupConsumer } from './group-consumer.ts'
import type { KafkaProducer, TransactionalProducer } from './producer.ts'
import type { KafkaReader } from './reader.ts'

export interface GroupConsumerOptions {
  readonly groupId: string
  readonly clientId: string
  readonly groupProtocol: 'classic' | 'consumer'
  /**
   * Makes it a static member (KIP-345): one that closes stays in the group until its session ends, and
   * one that joins under the same id takes its partitions over, and fences it if it still runs. Under the
   * classic protocol everything is revoked before each rebalance. All members of a group or none.
   */
  readonly groupInstanceId?: string | undefined
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** The longest time between two polls before the group takes the partitions away. */
  readonly maxPollIntervalMs: number
}

export interface ProducerOptions {
  readonly clientId: string
}

export interface TransactionalProducerOptions extends ProducerOptions {
  readonly transactionalId: string
  /** The broker aborts a transaction that is open longer. */
  readonly transactionTimeoutMs: number
}

/**
 * Everything Millrace needs of Kafka. `kafka/confluent` implements it with librdkafka; a second
 * implementation can stand beside it and pass the same contract suite.
 *
 * Creating is cheap and does not connect; the first call that needs a broker does.
 */
export interface KafkaPort {
  groupConsumer(options: GroupConsumerOptions): GroupConsumer
  producer(options: ProducerOptions): KafkaProducer
  transactionalProducer(options: TransactionalProducerOptions): TransactionalProducer
  reader(options: { readonly clientId: string }): KafkaReader
  admin(options: { readonly clientId: string }): KafkaAdmin
}
