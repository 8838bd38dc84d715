import type { TopicPartition, TopicPartitionOffset } from '../record/topic-partition.ts'

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  /** -1: the broker's default. */
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: number
  /** A topic that was deleted and made anew has another one. */
  readonly topicId: string
}

/** Which end of a partition: 'end' is the high watermark, 'stable-end' the last stable offset. */
export type LogEnd = 'start' | 'end' | 'stable-end'

/** An end, or the first record that is as late as that or later, the high watermark when there is none. */
export type OffsetSpec = LogEnd | { readonly fromTimestampMs: number }

/** A member of a group, and the partitions that the group gave it. */
export interface GroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly partitions: readonly TopicPartition[]
}

export interface KafkaAdmin {
  /** Topics that do not exist are left out. */
  describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]>
  /** Names of all topics that this principal may see. */
  listTopics(): Promise<readonly string[]>
  /** A topic that exists already is no error; check it with {@link describeTopics}. */
  createTopics(topics: readonly NewTopic[]): Promise<void>
  /** Gives a topic more partitions. One that has as many already is no error. */
  growTopic(topic: string, partitions: number): Promise<void>
  deleteTopics(topics: readonly string[]): Promise<void>
  /** Deletes the records before the offsets. */
  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void>
  listOffsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec,
  ): Promise<readonly TopicPartitionOffset[]>
  describeGroup(groupId: string): Promise<readonly GroupMember[]>
  close(): Promise<void>
}
