// Building a topology
export { StreamsBuilder } from './dsl/streams-builder.ts'
export type { StreamsBuilderOptions, TableSourceOptions } from './dsl/streams-builder.ts'
export type { SourceOptions } from './dsl/source-options.ts'
export { agg } from './dsl/agg.ts'
export type { Agg, AggOptions } from './dsl/agg.ts'
export {
  avg,
  collect,
  count,
  first,
  latest,
  max,
  min,
  sum,
} from './dsl/operators/column-aggregates.ts'
export type { AverageState, ColumnAggregate } from './dsl/operators/column-aggregates.ts'
export type { DroppedOptions } from './dsl/dropped-stream.ts'
export type { DroppedDetails, DroppedRecord } from './processor/dropped-record.ts'
export type { WatermarkOptions } from './topology/watermark-options.ts'
export { KStream } from './dsl/kstream.ts'
export type {
  GroupedOptions,
  KeyOptions,
  KeyValueOptions,
  PrintOptions,
  ProcessOptions,
  ProcessValuesOptions,
  RepartitionOptions,
  ToOptions,
  ValueOptions,
} from './dsl/stream-options.ts'
export type { GlobalJoinOptions } from './dsl/join-stream-global.ts'
export type { StreamJoinOptions } from './dsl/join-streams.ts'
export type { ToSinkOptions } from './dsl/stream-to-sink.ts'
export type { StreamTableJoinOptions } from './dsl/join-stream-table.ts'
export type { ForeignKeyExtractor } from './dsl/operators/foreign-key/subscribe.ts'
export type {
  ValueTransformer,
  ValueTransformerSupplier,
} from './dsl/operators/table-transform-values.ts'
export type { TtlTime } from './dsl/operators/table-ttl.ts'
export type { ValueJoiner } from './dsl/operators/value-joiner.ts'
export type { AsOfJoinOptions } from './dsl/as-of-join.ts'
export type { DedupOptions } from './dsl/dedup-stream.ts'
export { CountWindowedKStream } from './dsl/count-windowed-kstream.ts'
export type {
  CountWindowAggregateOptions,
  CountWindowOptions,
  CountWindows,
} from './dsl/count-windowed-kstream.ts'
export { BranchedKStream } from './dsl/branched-kstream.ts'
export type { Branches } from './dsl/branched-kstream.ts'
export { KTable } from './dsl/ktable.ts'
export type { TableGroupedOptions } from './dsl/ktable.ts'
export type { TableTransformOptions } from './dsl/transform-table-values.ts'
export type { TableTtlOptions } from './dsl/table-ttl.ts'
export type { TableJoinOptions } from './dsl/join-tables.ts'
export type { ForeignKeyJoinOptions } from './dsl/join-foreign-key.ts'
export { GlobalKTable } from './dsl/global-ktable.ts'
export type { ReadOnlyStateStoreOptions } from './dsl/read-only-state-store.ts'
export type { GlobalStoreOptions, GlobalTableOptions } from './dsl/global-stores.ts'
export { KGroupedStream } from './dsl/kgrouped-stream.ts'
export type { StreamAggregateOptions } from './dsl/kgrouped-stream.ts'
export {
  CogroupedKStream,
  SessionWindowedCogroupedKStream,
  TimeWindowedCogroupedKStream,
} from './dsl/cogrouped-kstream.ts'
export type {
  CogroupAggregateOptions,
  SessionCogroupAggregateOptions,
  WindowedCogroupAggregateOptions,
} from './dsl/cogrouped-kstream.ts'
export { SessionWindowedKStream } from './dsl/session-windowed-kstream.ts'
export type { SessionAggregateOptions } from './dsl/session-windowed-kstream.ts'
export { TimeWindowedKStream } from './dsl/time-windowed-kstream.ts'
export type {
  Emit,
  WindowAggregateOptions,
  WindowedByOptions,
} from './dsl/time-windowed-kstream.ts'
export type { WindowedTableOptions } from './dsl/window-store-options.ts'
export { KGroupedTable } from './dsl/kgrouped-table.ts'
export type { TableAggregateOptions, TableReduceOptions } from './dsl/kgrouped-table.ts'
export type { NamedOptions, SerdeOptions } from './dsl/dsl.ts'
export type { TableStoreOptions, VersionedHistory } from './dsl/store-options.ts'
export { untilTimeLimit, untilWindowCloses } from './dsl/suppressed.ts'
export type {
  BufferOptions,
  StrictBufferOptions,
  Suppressed,
  WhenBufferFull,
} from './dsl/suppressed.ts'
export type { SuppressOptions } from './dsl/table-suppress.ts'
export type { Predicate } from './dsl/operators/filter.ts'
export type { KeyValue, KeyValueMapper } from './dsl/operators/map.ts'
export type { ValueMapper } from './dsl/operators/map-values.ts'
export type { ForeachAction } from './dsl/operators/peek.ts'
export type { SessionMerger } from './dsl/operators/session-aggregate.ts'
export type { Aggregator, Initializer } from './dsl/operators/stream-aggregate.ts'
export type { Reducer } from './dsl/operators/stream-reduce.ts'
export type { RowMapper } from './dsl/operators/table-group-by.ts'

// The topology that comes out
export type { BuildOptions, Optimization, ProcessorWrapper } from './topology/build-options.ts'
export type { ConsumedOptions } from './topology/consumed-options.ts'
export { TopologyBuilder } from './topology/topology-builder.ts'
export type {
  AddProcessorOptions,
  AddSinkOptions,
  AddTopicStoreOptions,
  NodeHandle,
  ParentNode,
} from './topology/topology-builder.ts'
export { matchesTopic } from './topology/topic-pattern.ts'
export type {
  ChosenPartitions,
  ExternalSink,
  GlobalStore,
  ProcessorNode,
  RepartitionTopic,
  SinkNode,
  SourceNode,
  StreamPartitioner,
  Subtopology,
  TopicNameExtractor,
  Topology,
  TopologyNode,
} from './topology/topology-node.ts'

// Processors of your own
export { withStores } from './processor/with-stores.ts'
export type {
  Cancellable,
  ConnectedStores,
  DropReason,
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  FixedKeyProcessorSupplier,
  FixedKeyRecord,
  ProcessingContext,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  PunctuationType,
  Punctuator,
  ScheduleOptions,
} from './processor/processor.ts'

// Systems outside Kafka
export type {
  Sink,
  SinkBatch,
  SinkCapabilities,
  SinkClaim,
  SinkContext,
  SinkEmission,
  SinkRecord,
  SinkTier,
  SinkWriteControl,
  SinkWriter,
} from './sink/sink.ts'
export type {
  CircuitBreakerOptions,
  RejectedRecordHandler,
  SinkBatchOptions,
  SinkRetryOptions,
  SinkRuntimeOptions,
} from './sink/sink-options.ts'

// Records
export { Change } from './record/change.ts'
export { NO_HEADERS } from './record/headers.ts'
export type { Header, Headers } from './record/headers.ts'
export type { TopicPartition } from './record/topic-partition.ts'
export type { RecordContext } from './record/record-context.ts'
export type { RecordMetadata } from './record/record-metadata.ts'
export { StreamRecord } from './record/stream-record.ts'
export type { Window, Windowed } from './record/windowed.ts'

// Serdes
export { serdes } from './serde/serdes.ts'
export { serdePending, whenReady } from './serde/serde-pending.ts'
export type { Serde, SerdeType } from './serde/serde.ts'

// Stores
export { stores } from './state/stores.ts'
export type { KeyValueStoreOptions } from './state/stores.ts'
export type {
  KeyValueEntry,
  KeyValueStore,
  ReadOnlyKeyValueStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from './state/key-value-store.ts'
export type { ReadOnlySessionStore, SessionStore } from './state/session-store.ts'
export type {
  ReadOnlyWindowStore,
  TimestampedWindowStore,
  WindowedEntry,
  WindowEntry,
  WindowStore,
} from './state/window-store.ts'
export type {
  SessionStoreOptions,
  WindowedStoreOptions,
  WindowStoreOptions,
} from './state/windowed-store-builders.ts'
export type { VersionedStoreOptions } from './state/versioned-store-builder.ts'
export type {
  PutResult,
  ReadOnlyVersionedKeyValueStore,
  VersionedKeyValueStore,
  VersionedRecord,
  VersionOrder,
} from './state/versioned-store.ts'
export type { StateStore } from './state/state-store.ts'
export type { RecordStoreOptions } from './state/record-window-store.ts'
export type { StoreBuilder, StoreOptions } from './state/store-builder.ts'
export { inMemory } from './state/memory-state-backend.ts'
export type { StateBackend } from './state/state-backend.ts'

// Time
export type { AutoOffsetReset } from './base/auto-offset-reset.ts'
export type { Awaitable } from './base/awaitable.ts'
export type { Duration, DurationUnit } from './base/duration.ts'
export type { Clock, Scheduler } from './time/clock.ts'
export { joinWindows } from './time/join-windows.ts'
export type { JoinBounds, JoinWindows } from './time/join-windows.ts'
export { hopping, tumbling } from './time/time-windows.ts'
export type {
  GraceOptions,
  HoppingOptions,
  HoppingWindows,
  TumblingWindows,
} from './time/time-windows.ts'
export { sliding } from './time/sliding-windows.ts'
export { session } from './time/session-windows.ts'
export type { SessionOptions, SessionWindows } from './time/session-windows.ts'
export type { SlidingWindows } from './time/sliding-windows.ts'
export { unlimited } from './time/unlimited-windows.ts'
export type { UnlimitedWindows } from './time/unlimited-windows.ts'
export type { TimeWindows } from './time/windows.ts'
export {
  failOnInvalidTimestamp,
  logAndSkipOnInvalidTimestamp,
  usePartitionTimeOnInvalidTimestamp,
  wallclockTimestamp,
} from './time/timestamp-extractor.ts'
export type { ExtractableRecord, TimestampExtractor } from './time/timestamp-extractor.ts'

// Running it
export { createApp } from './create-app.ts'
export type { App, AppOptions, AppState, StateListener } from './runtime/app.ts'
export type {
  AppSettings,
  ExceptionHandler,
  HandlerOptions,
  ProcessingGuarantee,
} from './config/app-options.ts'
export type { RestoreListener, RestoreProgress } from './runtime/restorer.ts'
export type {
  StandbyListener,
  StandbyProgress,
  SuspendReason,
} from './runtime/standby/standby-update.ts'
export type { AppMetrics } from './runtime/task-metrics.ts'
export type { SinkMetrics } from './runtime/sink/sink-metrics.ts'
export type { CircuitState } from './sink/circuit-breaker.ts'

// Logging and errors
export { consoleLogger } from './observe/console-logger.ts'
export type { LogLevel } from './observe/console-logger.ts'
export { silentLogger } from './observe/logger.ts'
export type { LogFields, Logger } from './observe/logger.ts'
export { MillraceError } from './errors/millrace-error.ts'
export type { ErrorAction, ErrorCode, ErrorDetail } from './errors/millrace-error.ts'
