export { kafkaSink } from './kafka-sink.ts'
export type { KafkaSinkOptions, TargetTopic } from './kafka-sink-options.ts'
