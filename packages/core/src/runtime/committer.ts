import type { Awaitable } from '../base/awaitable.ts'
import type { CommitOffset, GroupConsumer } from '../kafka/group-consumer.ts'
import type { KafkaProducer, ProducerRecord, TransactionalProducer } from '../kafka/producer.ts'
import type { RetryOptions } from './retry.ts'
import { retry } from './retry.ts'

/**
 * How output, changelog and offsets of a member become durable.
 *
 * Semantics: `begin` before the first `send`; then `commit` or `abort`. After `commit` has resolved
 * all of it is durable. When it rejects, none of it counts: call `abort`, roll back, go on; except
 * with the action 'fence' or 'fail', where the outcome is for the next member to find out.
 */
export interface Committer {
  /** Commit markers that a commit adds to each partition that it wrote. */
  readonly commitMarkers: 0 | 1
  open(): Promise<void>
  begin(): Awaitable<void>
  send(record: ProducerRecord): void
  commit(offsets: readonly CommitOffset[], consumer: GroupConsumer): Promise<void>
  abort(): Promise<void>
  close(): Promise<void>
}

/** Exactly once: records and offsets in one Kafka transaction (KIP-447). */
export function transactionalCommitter(
  producer: TransactionalProducer,
  retries: RetryOptions,
): Committer {
  let isOpen = false
  return {
    commitMarkers: 1,
    open: () => retry('initializing transactions', retries, () => producer.init()),
    begin() {
      if (isOpen) return
      return producer.begin().then(() => {
        isOpen = true
      })
    },
    send(record) {
      producer.send(record)
    },
    async commit(offsets, consumer) {
      if (offsets.length > 0) {
        await retry('sending offsets to the transaction', retries, () =>
          producer.sendOffsets(offsets, consumer),
        )
      }
      await retry('committing the transaction', retries, () => producer.commit())
      isOpen = false
    },
    async abort() {
      if (!isOpen) return
      await retry('aborting the transaction', retries, () => producer.abort())
      isOpen = false
    },
    close: () => producer.close(),
  }
}

/** At least once: flush, then commit the offsets. */
export function flushingCommitter(producer: KafkaProducer, retries: RetryOptions): Committer {
  return {
    commitMarkers: 0,
    open: () => Promise.resolve(),
    begin: () => undefined,
    send(record) {
      producer.send(record)
    },
    async commit(offsets, consumer) {
      await retry('flushing the producer', retries, () => producer.flush())
      if (offsets.length === 0) return
      await retry('committing offsets', retries, () => consumer.commit(offsets))
    },
    // What was sent stays sent: it comes again after the roll-back, which is what 'at least' means.
    abort: () => Promise.resolve(),
    close: () => producer.close(),
  }
}
