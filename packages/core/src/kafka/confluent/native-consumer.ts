import kafka, { type KafkaConsumer } from '@confluentinc/kafka-javascript'
import type { TopicPartition, TopicPartitionOffset } from '../../record/topic-partition.ts'
import type { ClientSettings } from './client-settings.ts'

/** Public methods of the client that its type declarations lack. */
interface UndeclaredMethods {
  incrementalAssign(positions: readonly TopicPartitionOffset[]): unknown
  incrementalUnassign(partitions: readonly TopicPartition[]): unknown
  commitCb(
    offsets: readonly (TopicPartitionOffset & { readonly metadata?: string })[],
    done: (error: unknown, value: undefined) => void,
  ): unknown
  assignmentLost(): boolean
  setDefaultIsTimeoutOnlyForFirstMessage(isOnlyForFirst: boolean): void
}

export type NativeConsumer = KafkaConsumer & UndeclaredMethods

export type RebalanceCallback = (
  error: { readonly code: number },
  partitions: readonly TopicPartition[],
) => void

export function createNativeConsumer(
  settings: ClientSettings,
  onRebalance: RebalanceCallback | undefined,
): NativeConsumer {
  const global = onRebalance === undefined ? {} : { rebalance_cb: onRebalance }
  // The methods are there (lib/kafka-consumer.js), only undeclared.
  const consumer = new kafka.KafkaConsumer(
    { ...settings.global, ...global },
    { ...settings.topic },
  ) as NativeConsumer
  consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
  return consumer
}
