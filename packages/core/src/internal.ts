export { refusedKafkaKeys } from './config/app-config.ts'
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
export { partitionForKey } from './base/murmur2.ts'
export type { KafkaProducer, ProducerRecord, TransactionalProducer } from './kafka/producer.ts'
export type { KafkaReader } from './kafka/reader.ts'
export { silentLogger } from './observe/logger.ts'
export type { Header, Headers } from './record/headers.ts'
export type { TopicPartition, TopicPartitionOffset } from './record/topic-partition.ts'
export { type AppPlatform, createAppOn } from './runtime/app.ts'

// Sinks
export { endsWithin, unlessAborted } from './runtime/sink/bounded-wait.ts'
export {
  CircuitBreaker,
  type CircuitBreakerConfig,
  type CircuitBreakerParts,
  type CircuitPermit,
  type CircuitState,
} from './sink/circuit-breaker.ts'
export { type RetryConfig, RetryPolicy, type RetryPolicyParts } from './sink/retry-policy.ts'
export { type BatchConfig, resolveSinkOptions, type SinkConfig } from './sink/sink-config.ts'

// Running tasks without a broker
export { type Scheduler, systemClock } from './time/clock.ts'
export { wait } from './time/wait.ts'
export { type Deferred, deferred } from './base/deferred.ts'
export { asBuffer } from './base/bytes.ts'
export { durationToMs } from './base/duration.ts'
export { isTlsFailure } from './base/tls-failure.ts'
export { decodeOffsetMetadata } from './runtime/offset-metadata.ts'
export type { RecordCollector } from './runtime/record-collector.ts'
export {
  internalNames,
  type ResolvedSource,
  type ResolvedSubtopology,
  type ResolvedTopology,
  resolveTopology,
} from './runtime/resolved-topology.ts'
export { changelogsOf, type TaskChangelog } from './runtime/task-changelogs.ts'
export type { TaskInput } from './runtime/task-inputs.ts'
export { idlenessOf } from './runtime/idleness.ts'
export { sourceBounds, toldTopics, upstreamPartitions } from './runtime/upstream-times.ts'
export { createMetrics } from './runtime/task-metrics.ts'
export { storesOf } from './runtime/global/global-positions.ts'
export {
  GLOBAL_TASK_ID,
  type GlobalEnvironment,
  GlobalStoreTask,
} from './runtime/global/global-store-task.ts'
export {
  type ChainEnvironment,
  type ChainOutput,
  createStatelessChain,
  type StatelessChain,
} from './runtime/sink/stateless-chain.ts'
export { Task, type TaskEnvironment } from './runtime/task.ts'
export { deserializeNullable, serializeNullable } from './serde/serde.ts'
export { readyOf } from './serde/serde-pending.ts'

// State backends and their contract suite
export { bytesToMapKey, compareBytes, mapKeyToBytes, prefixUpperBound } from './base/bytes.ts'
export { type CachedStore, cachedStore, type HeldChange } from './state/cached-store.ts'
export {
  CacheBudget,
  type CacheScope,
  type HeldUpdate,
  RecordCache,
  type UpdateCause,
} from './state/record-cache.ts'
export { inMemory } from './state/memory-state-backend.ts'
export type {
  ChangelogPosition,
  CommittedEntries,
  KeyBounds,
  KeyRange,
  StateBackend,
  StoreBatch,
  TaskState,
  TaskStateRequest,
} from './state/state-backend.ts'
export type { StateDirectory, StoredTask } from './state/state-directory.ts'
export type { StoreEnvironment } from './state/store-builder.ts'
export type { ChangelogCodec, ChangelogRecord, StoreChangelog } from './state/store-changelog.ts'
export { timestampedCodec } from './state/timestamped-key-value-store.ts'
export type { WindowTableStore } from './state/window-table-store.ts'
export { windowTableStoreBuilder } from './state/windowed-store-builders.ts'
export { type DirtyEntry, TransactionBuffer } from './state/transaction-buffer.ts'
