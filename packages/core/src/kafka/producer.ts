import type { Headers } from '../record/headers.ts'
import type { CommitOffset, GroupConsumer } from './group-consumer.ts'

export interface ProducerRecord {
  readonly topic: string
  /** Undefined: murmur2 of the key as Java's default partitioner does, any partition for a null key. */
  readonly partition: number | undefined
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers: Headers
}

/**
 * Sends records, in order per partition, without duplicates by its own retries.
 *
 * A record that could not be delivered makes {@link flush} or {@link TransactionalProducer.commit}
 * reject with the reason and the topic.
 */
export interface KafkaProducer {
  /**
   * Queues the record; does not wait.
   * @throws MillraceError `MR_RECORD_TOO_LARGE` and others that are known at once.
   */
  send(record: ProducerRecord): void

  /** Resolves when everything queued is acknowledged by all in-sync replicas. */
  flush(): Promise<void>

  /** Gives up what is queued. Idempotent. */
  close(): Promise<void>
}

/** A producer whose records and offsets become visible together, or not at all (KIP-98, KIP-447). */
export interface TransactionalProducer extends KafkaProducer {
  /** Fences earlier producers of the same transactional id and resolves their open transaction. Once, first. */
  init(): Promise<void>
  begin(): Promise<void>
  /** Adds offsets of `consumer`'s group. Rejects with `MR_STALE_GENERATION` when the group moved on. */
  sendOffsets(offsets: readonly CommitOffset[], consumer: GroupConsumer): Promise<void>
  /** Flushes and commits. When it rejects with 'retry', the outcome is open: call it again. */
  commit(): Promise<void>
  /** Drops what is queued and aborts. When it rejects with 'retry': call it again. */
  abort(): Promise<void>
}
