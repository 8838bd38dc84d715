import type { TopicPartition, TopicPartitionOffset } from '../record/topic-partition.ts'
import type { ConsumedRecord } from './consumed-record.ts'

/** What one poll gave. */
export interface PolledBatch {
  /** In offset order per partition; partitions come in blocks, in no order among each other. */
  readonly records: readonly ConsumedRecord[]
  /**
   * Partitions whose end was reached after the records above: the last stable offset when reading
   * committed data. `offset` is the position there, beyond commit markers. Said once per end.
   */
  readonly ends: readonly TopicPartitionOffset[]
}

/** Partitions that the group gives to this member or takes from it. */
export type RebalanceEvent =
  | { readonly kind: 'assigned'; readonly partitions: readonly TopicPartition[] }
  | {
      readonly kind: 'revoked'
      readonly partitions: readonly TopicPartition[]
      /** Others may own them already: nothing of them can be committed any more. */
      readonly lost: boolean
    }

/** An offset in the group, with its metadata. */
export interface CommitOffset extends TopicPartitionOffset {
  /** At most 4096 bytes by default (broker: `offset.metadata.max.bytes`). */
  readonly metadata: string
}

/** `offset` is undefined where the group has none. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number | undefined
  readonly metadata: string
}

/**
 * A member of a consumer group that reads what it assigns to itself: the group decides over the
 * subscribed topics, and this member may assign itself other partitions than those given.
 *
 * Reads committed records only. Every method rejects with a MillraceError.
 */
export interface GroupConsumer {
  /** Connects and joins the group. The partitions come as a {@link RebalanceEvent}. */
  subscribe(topics: readonly string[]): Promise<void>

  /**
   * The next records, at most `maxRecords`; waits until there is one, but no longer than `timeoutMs`.
   * One call at a time. May return records of partitions that were unassigned, or positions from
   * before a seek, if they were called while the poll was under way.
   *
   * May return the last record of a partition again, once, in a later poll: when it was paused, or a
   * rebalance began, while a poll was under way. librdkafka (seen with 2.15.1) does in this order:
   * 1. the poll takes a record off the client's queue
   * 2. the client pauses the partition (a rebalance pauses all of them), throws away what is in its
   *    queue, and notes where the application is, to go on from there
   * 3. only now the poll notes that the application has the record
   * When the partition is resumed it is fetched from the record of 1.
   */
  poll(maxRecords: number, timeoutMs: number): Promise<PolledBatch>

  /**
   * The oldest rebalance not yet taken. After 'assigned' call {@link assign}, after 'revoked'
   * call {@link unassign}, in this order: the group waits for it.
   */
  takeRebalance(): RebalanceEvent | undefined

  /** Answers an 'assigned' event: adds these partitions, to be read from these offsets. May be empty. */
  assign(positions: readonly TopicPartitionOffset[]): Promise<void>

  /**
   * Answers a 'revoked' event: stops reading these partitions. May be empty, or name partitions twice
   * or that are not assigned.
   */
  unassign(partitions: readonly TopicPartition[]): Promise<void>

  /** Call it with no poll under way; what was fetched from before is not delivered afterwards. */
  seek(positions: readonly TopicPartitionOffset[]): Promise<void>

  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void

  /** Committed offsets of this group; waits for transactions that are not decided yet. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]>

  /** At-least-once: commits offsets outside any transaction. Never call it in a group that uses transactions. */
  commit(offsets: readonly CommitOffset[]): Promise<void>

  /** The end of a partition as the client last heard of it; undefined when it has not. No network. */
  knownEndOffset(partition: TopicPartition): number | undefined

  /** Leaves the group. Pending rebalances are answered. Idempotent. */
  close(): Promise<void>
}
