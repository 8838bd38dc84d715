/** Names a partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number
}

/** Names a partition in maps and messages: `topic-partition`, as Kafka prints it. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
