export { MillraceError } from './errors/millrace-error.ts'
export type {
  GroupMember,
  KafkaAdmin,
  NewTopic,
  OffsetSpec,
  TopicDescription,
} from './kafka/admin.ts'
export {
  type ConfluentKafkaOptions,
  createConfluentKafka,
} from './kafka/confluent/create-confluent-kafka.ts'
export type { ConsumedRecord } from './kafka/consumed-record.ts'
export type {
  CommitOffset,
  CommittedOffset,
  GroupConsumer,
  PolledBatch,
  RebalanceEvent,
} from './kafka/group-consumer.ts'
export type {
  GroupConsumerOptions,
  KafkaPort,
  ProducerOptions,
  TransactionalProducerOptions,
} from './kafka/kafka-port.ts'
export { partitionForKey } from './kafka/murmur2.ts'
export type { KafkaProducer, ProducerRecord, TransactionalProducer } from './kafka/producer.ts'
export type { KafkaReader } from './kafka/reader.ts'
export { silentLogger } from './observe/logger.ts'
export type { Header, Headers } from './record/headers.ts'
export type { TopicPartition, TopicPartitionOffset } from './record/topic-partition.ts'
export { createAppOn } from './runtime/app.ts'
