import type { TopicPartition, TopicPartitionOffset } from '../record/topic-partition.ts'
import type { PolledBatch } from './group-consumer.ts'

/** Reads partitions without a group: for restore and global tables. Committed records only. */
export interface KafkaReader {
  /** Adds partitions, to be read from these offsets. */
  add(positions: readonly TopicPartitionOffset[]): Promise<void>
  remove(partitions: readonly TopicPartition[]): Promise<void>
  /** As {@link GroupConsumer.poll}; one call at a time. */
  poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch>
  /** Idempotent. */
  close(): Promise<void>
}
