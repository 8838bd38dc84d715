import { sleep } from '../../base/sleep.ts'
import type { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { CommitOffset, GroupConsumer } from '../group-consumer.ts'
import type { TransactionalProducerOptions } from '../kafka-port.ts'
import type { ProducerRecord, TransactionalProducer } from '../producer.ts'
import { CODE } from './client-error.ts'
import type { ClientSettings } from './client-settings.ts'
import { ConfluentGroupConsumer } from './confluent-group-consumer.ts'
import { NativeProducer } from './native-producer.ts'
import { toNativeOffset } from './offset-commits.ts'

/**
 * The longest time that one call waits for the brokers. It then rejects with 'retry', and the same
 * call resumes what librdkafka goes on doing in the background; another call would be refused.
 */
const CALL_TIMEOUT_MS = 30_000

/** On top of the client's own time-out. */
const OVERDUE_MS = 5000

/** A transactional producer on librdkafka. */
export class ConfluentTransactionalProducer implements TransactionalProducer {
  readonly #native: NativeProducer
  readonly #transactionalId: string
  readonly #timeoutMs: number

  constructor(options: TransactionalProducerOptions, settings: ClientSettings, logger: Logger) {
    const { clientId, transactionalId } = options
    this.#native = new NativeProducer({ clientId, transactionalId }, settings, logger)
    this.#transactionalId = transactionalId
    this.#timeoutMs = Math.min(CALL_TIMEOUT_MS, options.transactionTimeoutMs)
  }

  init(): Promise<void> {
    return this.#run('init', (producer, done) => {
      producer.initTransactions(this.#timeoutMs, done)
    })
  }

  begin(): Promise<void> {
    this.#native.forgetFailedDelivery()
    return this.#run('begin', (producer, done) => {
      producer.beginTransaction(done)
    })
  }

  send(record: ProducerRecord): void {
    this.#native.send(record)
  }

  flush(): Promise<void> {
    return this.#native.flush()
  }

  /**
   * The broker refuses offsets of an old generation or of a member that it does not know, but takes
   * those that come with neither (producers from before KIP-447 send them so):
   * 1. a member does not poll or heartbeat for too long; its partitions go to another member
   * 2. its client marks the assignment lost, and forgets member id and generation to join anew
   * 3. its offsets would be taken, and with them records that the new owner produces, too
   * Step 2 can fall between a check and the request, so the mark is looked at before and after; it
   * stays until the revocation is answered.
   */
  async sendOffsets(offsets: readonly CommitOffset[], consumer: GroupConsumer): Promise<void> {
    if (offsets.length === 0) return
    if (!(consumer instanceof ConfluentGroupConsumer)) {
      throw new TypeError('the consumer must come from the same Kafka port as the producer')
    }
    const { connection } = consumer
    const native = await connection.connect()
    this.#assertMember(consumer)
    const sent = this.#run(
      'sendOffsets',
      (producer, done) => {
        producer.sendOffsetsToTransaction(
          offsets.map(toNativeOffset),
          native,
          this.#timeoutMs,
          done,
        )
      },
      { groupId: consumer.groupId },
    )
    // The call reads the consumer's memory: its close has to wait for it.
    await connection.hold(sent)
    this.#assertMember(consumer)
  }

  #assertMember(consumer: ConfluentGroupConsumer): void {
    if (!consumer.isAssignmentLost) return
    throw consumer.connection.translate(
      { message: 'the assignment was lost', code: CODE.assignmentLost },
      'sendOffsets',
      { transactionalId: this.#transactionalId },
    )
  }

  async commit(): Promise<void> {
    await this.#native.assertNothingRefused('commit')
    await this.#native.settle()
    await this.#run('commit', (producer, done) => {
      producer.commitTransaction(this.#timeoutMs, done)
    })
  }

  async abort(): Promise<void> {
    await this.#run('abort', (producer, done) => {
      producer.abortTransaction(this.#timeoutMs, done)
    })
    this.#native.forgetFailedDelivery()
  }

  close(): Promise<void> {
    return this.#native.close()
  }

  /**
   * One transactional call, which may never return: sendOffsets keeps no time-out of its own, and
   * librdkafka forgets it (seen with 2.15.1) in this order:
   * 1. the broker answers TxnOffsetCommit with "not coordinator", because it is shutting down
   * 2. the client plans to look for the coordinator again in 500 ms
   * 3. meanwhile its metadata have no broker any more, and it takes the coordinator's thread down
   * Every later call on this producer is refused then. It is left as it is, with its thread: the
   * error is fatal, so the member goes on with a new producer, which aborts what this one left open.
   */
  async #run(...args: Parameters<NativeProducer['run']>): Promise<void> {
    const [operation, , more] = args
    const { connection } = this.#native
    const lost = (): MillraceError =>
      connection.translate(
        { message: 'a call of the client has not returned', code: CODE.fatal, isFatal: true },
        operation,
        more,
      )
    if (connection.isAbandoned) throw lost()
    const timer = new AbortController()
    const overdue = async (): Promise<never> => {
      // Twice: after a process stood still the first is over before the answer that came meanwhile.
      await sleep(this.#timeoutMs, timer.signal)
      await sleep(OVERDUE_MS, timer.signal)
      if (!timer.signal.aborted) connection.abandon()
      throw lost()
    }
    try {
      await Promise.race([this.#native.run(...args), overdue()])
    } finally {
      timer.abort()
    }
  }
}
