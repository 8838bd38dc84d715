import type { TopicPartition } from '@millrace/core/internal'

/** Names a partition in maps: `topic-partition`, as Kafka prints it. */
export function partitionText({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
