import type { Logger } from '../../observe/logger.ts'
import type { ProducerOptions } from '../kafka-port.ts'
import type { KafkaProducer, ProducerRecord } from '../producer.ts'
import type { ClientSettings } from './client-settings.ts'
import { CODE } from './client-error.ts'
import { NativeProducer } from './native-producer.ts'

/** Records that wait for the first connection. */
const MAX_EARLY_RECORDS = 100_000

/** An idempotent producer. Its first record connects it; those sent until then are kept. */
export class ConfluentProducer implements KafkaProducer {
  readonly #native: NativeProducer
  #early: ProducerRecord[] = []
  #earlyError: unknown

  constructor(options: ProducerOptions, settings: ClientSettings, logger: Logger) {
    this.#native = new NativeProducer({ clientId: options.clientId }, settings, logger)
  }

  send(record: ProducerRecord): void {
    if (this.#early.length === 0 && this.#native.connection.client !== undefined) {
      this.#native.send(record)
      return
    }
    if (this.#early.length >= MAX_EARLY_RECORDS) {
      throw this.#native.translate({ code: CODE.queueFull, message: 'not connected yet' }, 'send')
    }
    this.#early.push(record)
    if (this.#early.length === 1) this.#connectEarly()
  }

  async flush(): Promise<void> {
    await this.#native.connection.connect()
    this.#sendEarly()
    const error = this.#earlyError
    this.#earlyError = undefined
    await this.#native.flush()
    // Was a MillraceError of send.
    if (error !== undefined) throw error as Error
  }

  close(): Promise<void> {
    this.#early = []
    return this.#native.close()
  }

  #connectEarly(): void {
    this.#native.connection.connect().then(
      () => {
        this.#sendEarly()
      },
      () => {
        // The records stay; flush connects again and tells of its error.
      },
    )
  }

  #sendEarly(): void {
    const early = this.#early
    this.#early = []
    for (const record of early) {
      try {
        this.#native.send(record)
      } catch (error) {
        this.#earlyError ??= error
      }
    }
  }
}
