// Running a topology in a test
export type { TestDriverOptions } from './driver/driver-options.ts'
export { ManualClock } from './manual-clock.ts'
export type { PipeOptions, TestInputOptions, TestInputTopic } from './test-input-topic.ts'
export type { TestOutputOptions, TestOutputTopic, TestRecord } from './test-output-topic.ts'
export { TopologyTestDriver } from './topology-test-driver.ts'

// Contracts of ports as test suites
export type { StateBackendUnderTest } from './contract/state-backend-bed.ts'
export { type KeyValueContractOptions, testKeyValueStore } from './contract/key-value-store.ts'
export { testSessionStore } from './contract/session-store.ts'
export type { StoreContractOptions } from './contract/store-suite.ts'
export { testVersionedStore } from './contract/versioned-store.ts'
export { testWindowStore } from './contract/window-store.ts'
export { testKafkaPort } from './contract/kafka-port.ts'
export type { KafkaPortUnderTest, SimulatedTime } from './contract/kafka-test-bed.ts'

// Sinks
export { testSink } from './contract/sink.ts'
export type {
  SinkHarness,
  SinkInterruption,
  SinkRecordShape,
  SinkRow,
  SinkTestNames,
  SinkUnderTest,
} from './contract/sink-under-test.ts'
export { MemorySink, memorySink, type MemorySinkOptions } from './sink/memory-sink.ts'
export {
  type MemorySinkCall,
  type MemorySinkFault,
  type MemorySinkFaults,
  seededSinkFaults,
  type SeededSinkFaultsOptions,
  type SinkStep,
} from './sink/memory-sink-faults.ts'
export {
  MemoryTarget,
  type MemoryTargetOptions,
  type TargetPartition,
} from './sink/memory-target.ts'

// Faults between a client and a real server
export { FaultProxy, type FaultProxyOptions } from './proxy/fault-proxy.ts'
export type { Interception, InterceptionRule, ProxyDirection } from './proxy/interception.ts'

// Recorded runs of Kafka Streams
export { type ConformanceSuiteOptions, testConformance } from './conformance/conformance-suite.ts'
export { firstDifference } from './conformance/difference.ts'
export { type RunOptions, runScenario } from './conformance/run-scenario.ts'
export { type Outcome, readScenario, type Scenario } from './conformance/scenario.ts'

// Simulation: virtual time
export type { DeliveryPhase } from './simulation/time/event-queue.ts'
export { SimulatedProcess } from './simulation/time/simulated-process.ts'
export {
  type Delivery,
  type DeliveryHook,
  type RunEnd,
  type RunLimits,
  VirtualScheduler,
  type VirtualSchedulerOptions,
} from './simulation/time/virtual-scheduler.ts'

// Simulation: Kafka
export type { BrokerNetwork } from './simulation/kafka/broker-network.ts'
export {
  type CallFate,
  type KafkaCall,
  type KafkaFaults,
  type KafkaOperation,
  SeededFaults,
  type SeededFaultsOptions,
} from './simulation/kafka/kafka-faults.ts'
export type { PartitionLog } from './simulation/kafka/partition-log.ts'
export { SimulatedKafka, type SimulatedKafkaOptions } from './simulation/kafka/simulated-kafka.ts'
