import type { Logger } from '../../observe/logger.ts'
import type { KafkaPort } from '../kafka-port.ts'
import {
  adminSettings,
  groupConsumerSettings,
  producerSettings,
  type RawSettings,
  readerSettings,
  transactionalProducerSettings,
} from './client-settings.ts'
import { ConfluentAdmin } from './confluent-admin.ts'
import { ConfluentGroupConsumer } from './confluent-group-consumer.ts'
import { ConfluentProducer } from './confluent-producer.ts'
import { ConfluentReader } from './confluent-reader.ts'
import { ConfluentTransactionalProducer } from './confluent-transactional-producer.ts'

export interface ConfluentKafkaOptions {
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[]
  /** Gets the client's log at debug level. */
  readonly logger: Logger
  /** Settings of librdkafka that win over this adapter's. The caller has refused the unsafe ones. */
  readonly overrides: RawSettings
}

/** The Kafka port on librdkafka. Nothing connects before the first call that needs a broker. */
export function createConfluentKafka(options: ConfluentKafkaOptions): KafkaPort {
  const { logger } = options
  return {
    groupConsumer: (own) =>
      new ConfluentGroupConsumer(own, groupConsumerSettings(options, own), logger),
    producer: (own) => new ConfluentProducer(own, producerSettings(options, own), logger),
    transactionalProducer: (own) =>
      new ConfluentTransactionalProducer(own, transactionalProducerSettings(options, own), logger),
    reader: ({ clientId }) =>
      new ConfluentReader(clientId, readerSettings(options, clientId), logger),
    admin: ({ clientId }) => new ConfluentAdmin(clientId, adminSettings(options, clientId), logger),
  }
}
