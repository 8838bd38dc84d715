import kafka, { type LibrdKafkaError, type Producer } from '@confluentinc/kafka-javascript'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { asBuffer } from '../../base/bytes.ts'
import { sleep } from '../../base/sleep.ts'
import type { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { ProducerRecord } from '../producer.ts'
import { ClientConnection } from './client-connection.ts'
import { CODE, readClientError } from './client-error.ts'
import type { ClientSettings } from './client-settings.ts'
import { toNativeHeaders, toNativeTimestamp } from './native-record.ts'
import type { ErrorContext, FailedDelivery } from './translate-error.ts'

/** Serves reports of failed deliveries and errors of the connection; nothing waits for them. */
const POLL_INTERVAL_MS = 100

/** A caller that waits longer asks again. */
const FLUSH_TIMEOUT_MS = 30_000

/**
 * A flush of the client waits for batches that it does not send any more: behind one that was refused those of the
 * same transaction are held back until it ends (2.15.1). Between two of these it is seen whether one was.
 */
const FLUSH_SLICE_MS = 100

const SETTLE_WAIT_MS = 1
const SETTLE_ATTEMPTS = 20

/** How long a refused call waits for the report of the record that is to blame. */
const REPORT_ATTEMPTS = 10
const REPORT_WAIT_MS = 5

/** A native producer and the first delivery that failed in it. Both kinds of producer are made of it. */
export class NativeProducer {
  readonly connection: ClientConnection<Producer>
  readonly #isTransactional: boolean
  /** Where the records of the transaction go: an error that refuses one topic does not say which. */
  readonly #topics = new Set<string>()
  #lastTopic: string | undefined
  #failed: FailedDelivery | undefined
  /** Of all kinds, ever. */
  #reports = 0
  /** What the first record was refused with that was sent after the transaction had failed. */
  #refused: unknown

  constructor(
    context: Omit<ErrorContext, 'operation'> & { readonly clientId: string },
    settings: ClientSettings,
    logger: Logger,
  ) {
    this.#isTransactional = context.transactionalId !== undefined
    this.connection = new ClientConnection({
      create: () => this.#create(settings),
      // The client's own disconnect flushes first, for 5 s unless told otherwise. What is queued is
      // given up here: its topic may be gone, or its transaction lost.
      disconnect: (producer, done) => {
        // The client's timer goes on until it has disconnected, and a poll takes no lock: one that runs while
        // the memory is freed in another thread ends the process (seen with 1.10.1).
        producer.setPollInterval(0)
        producer.disconnect(1, done)
      },
      context,
      logger,
    })
  }

  /** Queues a record. The client must be connected: sending does not wait, and connecting does. */
  send(record: ProducerRecord): void {
    const producer = this.connection.client
    if (producer === undefined) throw this.translate({ code: CODE.transport, message: '' }, 'send')
    const { topic, partition, key, value } = record
    if (topic !== this.#lastTopic) {
      this.#lastTopic = topic
      this.#topics.add(topic)
    }
    try {
      producer.produce(
        topic,
        partition ?? -1,
        value === null ? null : asBuffer(value),
        key === null ? null : asBuffer(key),
        toNativeTimestamp(record.timestampMs),
        undefined,
        toNativeHeaders(record.headers),
      )
    } catch (error) {
      if (!this.#isTransactional || readClientError(error).code !== CODE.state) {
        throw this.connection.translate(error, 'send', { topic })
      }
      // The transaction has failed already; why, is in a report that is still on its way. The next
      // call that waits for the brokers is refused for it.
      this.#refused ??= error
    }
  }

  /** @throws MillraceError when a record of the transaction was refused: it must not be committed. */
  async assertNothingRefused(operation: string): Promise<void> {
    if (this.#refused === undefined) return
    const delivery = await this.#failedDelivery()
    throw this.connection.translate(
      { message: 'a record was refused', isTxnRequiresAbort: true },
      operation,
      delivery === undefined ? {} : { delivery },
    )
  }

  /** @throws MillraceError of the first record that was not delivered; others may be in flight then */
  async flush(): Promise<void> {
    const producer = await this.connection.connect()
    for (let waitedMs = FLUSH_SLICE_MS; ; waitedMs += FLUSH_SLICE_MS) {
      const error = await this.#flushError(producer, FLUSH_SLICE_MS)
      const failed = await this.#reportedFailure()
      if (failed !== undefined) {
        this.forgetFailedDelivery()
        throw this.connection.translate(failed.error, 'flush', { delivery: failed })
      }
      if (error === undefined) return
      const isOver = readClientError(error).code !== CODE.timedOut || waitedMs >= FLUSH_TIMEOUT_MS
      if (isOver) throw this.translate(error, 'flush')
    }
  }

  /**
   * Waits until nothing is queued or in flight, or for about a flush's granularity: a commit that
   * finds records in flight looks for them only every 10 ms (rd_kafka_flush), a commit that finds
   * none takes less than one. Its result is the commit's matter.
   */
  async settle(): Promise<void> {
    const producer = await this.connection.connect()
    for (let attempt = 0; attempt < SETTLE_ATTEMPTS; attempt++) {
      if ((await this.#flushError(producer, SETTLE_WAIT_MS)) === undefined) return
    }
  }

  /** What the client's flush fails with: most often that some are in flight still. It holds a thread of libuv's pool. */
  async #flushError(producer: Producer, timeoutMs: number): Promise<unknown> {
    try {
      await this.connection.runRaw<undefined>(producer, (client, done) => {
        client.flush(timeoutMs, (error) => {
          done(error, undefined)
        })
      })
      return undefined
    } catch (error) {
      return error
    }
  }

  /** Awaits one call; its error tells of a failed delivery where there was one. */
  async run(
    operation: string,
    call: (producer: Producer, done: (error: unknown) => void) => void,
    more: Partial<ErrorContext> = {},
  ): Promise<void> {
    const producer = await this.connection.connect()
    try {
      await this.connection.runRaw<undefined>(producer, (client, done) => {
        call(client, (error) => {
          done(error, undefined)
        })
      })
    } catch (error) {
      const { requiresAbort, code } = readClientError(error)
      const delivery = requiresAbort ? await this.#failedDelivery() : undefined
      throw this.connection.translate(error, operation, {
        ...(code === CODE.topicAuthorization ? { topics: [...this.#topics] } : {}),
        ...more,
        ...(delivery === undefined ? {} : { delivery }),
      })
    }
  }

  translate(error: unknown, operation: string): MillraceError {
    return this.connection.translate(error, operation)
  }

  forgetFailedDelivery(): void {
    this.#failed = undefined
    this.#refused = undefined
    this.#topics.clear()
    this.#lastTopic = undefined
  }

  /**
   * The first delivery that failed, of those that a flush has served. Their reports are queued for the event
   * loop when it returns, and the client hands on 100 of them in a turn (1.10.1): one that matters may come behind
   * thousands of records that were purged because of it.
   */
  async #reportedFailure(): Promise<FailedDelivery | undefined> {
    let before: number
    do {
      before = this.#reports
      // Between the two is a whole turn.
      await nextTurn()
      await nextTurn()
    } while (this.#failed === undefined && this.#reports !== before)
    return this.#failed
  }

  /**
   * The first delivery that failed, once its report is here. A transaction is marked as failed first,
   * then the broker's thread queues the report, then a poll hands it to the event loop, and only the
   * next turn of that calls back: a commit can be refused before any of it.
   */
  async #failedDelivery(): Promise<FailedDelivery | undefined> {
    for (let attempt = 0; attempt < REPORT_ATTEMPTS && this.#failed === undefined; attempt++) {
      this.connection.client?.poll()
      await sleep(REPORT_WAIT_MS)
      await this.#reportedFailure()
    }
    return this.#failed
  }

  close(): Promise<void> {
    return this.connection.close()
  }

  #create(settings: ClientSettings): Producer {
    const producer = new kafka.Producer({ ...settings.global, dr_cb: true }, { ...settings.topic })
    producer.setPollInterval(POLL_INTERVAL_MS)
    producer.on('delivery-report', (error: LibrdKafkaError | null, report) => {
      this.#reports++
      if (error === null || this.#failed !== undefined) return
      // Purged records follow from an abort or an earlier failure: they are no reason for one.
      const { code } = readClientError(error)
      if (code === CODE.purgeQueue || code === CODE.purgeInFlight) return
      this.#failed = { topic: report.topic, partition: report.partition, error }
    })
    return producer
  }
}
