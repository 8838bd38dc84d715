import { type Deferred, deferred } from '../../base/deferred.ts'
import type { KafkaProducer, ProducerRecord } from '../../kafka/producer.ts'
import type { Logger } from '../../observe/logger.ts'

interface Waiting extends Deferred<undefined> {
  readonly record: ProducerRecord
}

/**
 * Produces records whose senders wait until they are in the topic. Those that come while a flush is under way go
 * with the next one.
 *
 * A flush that fails does not say of which record, so all of it fail, and the producer, which may be of no use
 * after that, is made anew.
 */
export class AckedProducer {
  readonly #create: () => KafkaProducer
  readonly #logger: Logger
  readonly #waiting: Waiting[] = []
  #producer: KafkaProducer | undefined
  #flushing: Promise<void> | undefined

  constructor(create: () => KafkaProducer, logger: Logger) {
    this.#create = create
    this.#logger = logger
  }

  /** Resolves when all in-sync replicas have the record. At least once. */
  send(record: ProducerRecord): Promise<void> {
    const waiting: Waiting = { ...deferred<undefined>(), record }
    this.#waiting.push(waiting)
    this.#flushing ??= this.#flushAll()
    return waiting.promise
  }

  async close(): Promise<void> {
    await this.#flushing
    await this.#closeProducer()
  }

  async #flushAll(): Promise<void> {
    // Those that are sent in the same turn go together.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#flush(this.#waiting.splice(0))
    this.#flushing = undefined
  }

  async #flush(group: readonly Waiting[]): Promise<void> {
    const producer = (this.#producer ??= this.#create())
    const sent = group.filter((one) => wasSent(producer, one))
    try {
      await producer.flush()
      for (const { resolve } of sent) resolve(undefined)
    } catch (error) {
      await this.#closeProducer()
      for (const { reject } of sent) reject(error)
    }
  }

  async #closeProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    try {
      await producer?.close()
    } catch (error) {
      this.#logger.warn('a producer failed to close', { error })
    }
  }
}

function wasSent(producer: KafkaProducer, { record, reject }: Waiting): boolean {
  try {
    producer.send(record)
    return true
  } catch (error) {
    reject(error)
    return false
  }
}
