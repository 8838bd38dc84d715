import type { Message } from '@confluentinc/kafka-javascript'
import { MillraceError } from '../../errors/millrace-error.ts'
import { type Header, NO_HEADERS } from '../../record/headers.ts'
import type { TopicPartitionOffset } from '../../record/topic-partition.ts'
import type { ConsumedRecord } from '../consumed-record.ts'
import type { PolledBatch } from '../group-consumer.ts'
import type { ClientConnection } from './client-connection.ts'
import { CODE, codeOfFatal, readClientError } from './client-error.ts'
import type { NativeConsumer } from './native-consumer.ts'

const NO_ENDS: readonly TopicPartitionOffset[] = Object.freeze([])
const NO_RECORDS: readonly ConsumedRecord[] = Object.freeze([])
const EMPTY_BATCH: PolledBatch = Object.freeze({ records: NO_RECORDS, ends: NO_ENDS })

/** "All brokers are down" is said at most this often: the runtime keeps polling meanwhile. */
const REPORT_DOWN_MS = 5000

/** How long a fatal error waits for the line of the log that says why. */
const FATAL_REASON_MS = 1000

/** Codes of a poll that are no news for the caller: an event or a later poll says what came of it. */
const SWALLOWED: ReadonlySet<number> = new Set([CODE.maxPollExceeded, CODE.assignmentLost])

/** Polls one native consumer and turns what it gives into batches. */
export class ConsumerPoll {
  readonly #connection: ClientConnection<NativeConsumer>
  readonly #ignored: ReadonlySet<number>
  #ends: TopicPartitionOffset[] = []
  #areBrokersDown = false
  #reportedDownAtMs = -Infinity
  #fatal: { readonly sinceMs: number; code: number } | undefined

  /** `ignored`: codes of errors that do not concern this consumer. */
  constructor(connection: ClientConnection<NativeConsumer>, ignored: readonly number[] = []) {
    this.#connection = connection
    this.#ignored = new Set([...SWALLOWED, ...ignored])
  }

  /** To be called once for every native consumer that is created. */
  listen(consumer: NativeConsumer): void {
    consumer.on('partition.eof', ({ topic, partition, offset }) => {
      this.#ends.push({ topic, partition, offset })
    })
  }

  noteClientError(error: unknown): void {
    if (readClientError(error).code === CODE.allBrokersDown) this.#areBrokersDown = true
  }

  noteFatal(message: string): void {
    this.#fatal ??= { sinceMs: Date.now(), code: CODE.fatal }
    if (this.#fatal.code === CODE.fatal) this.#fatal.code = codeOfFatal(message)
  }

  async poll(
    maxRecords: number,
    timeoutMs: number,
    topics: () => readonly string[],
  ): Promise<PolledBatch> {
    const consumer = await this.#connection.connect()
    this.#throwWhenFatal()
    let messages: Message[]
    try {
      messages = await this.#connection.runRaw<Message[]>(consumer, (client, done) => {
        client.setDefaultConsumeTimeout(timeoutMs)
        client.consume(maxRecords, done)
      })
    } catch (error) {
      this.#rethrow(error, topics)
      messages = []
    }
    return this.#batch(messages)
  }

  #batch(messages: Message[]): PolledBatch {
    const ends = this.#ends
    if (messages.length === 0 && ends.length === 0) {
      this.#throwWhenDown()
      return EMPTY_BATCH
    }
    this.#areBrokersDown = false
    const records = normalise(messages)
    if (ends.length === 0) return { records, ends: NO_ENDS }
    this.#ends = []
    return { records, ends: endsAfter(records, ends) }
  }

  #rethrow(error: unknown, topics: () => readonly string[]): void {
    const { code } = readClientError(error)
    if (code !== undefined && this.#ignored.has(code)) return
    if (code === CODE.fatal) {
      this.#fatal ??= { sinceMs: Date.now(), code }
      return
    }
    const translated = this.#connection.translate(error, 'poll', { topics: topics() })
    // The client reconnects by itself, and a poll has nothing to try again: not the caller's concern.
    if (translated.action === 'retry') {
      if (code === CODE.allBrokersDown) this.#areBrokersDown = true
      return
    }
    throw translated
  }

  /**
   * The client tells a poll once that it has ended, and not why: the reason comes in its log, which is
   * another queue, a moment before or after.
   */
  #throwWhenFatal(): void {
    if (this.#fatal === undefined) return
    const { code, sinceMs } = this.#fatal
    if (code === CODE.fatal && Date.now() - sinceMs < FATAL_REASON_MS) return
    throw this.#connection.translate({ message: 'the client has ended', code }, 'poll')
  }

  #throwWhenDown(): void {
    if (!this.#areBrokersDown) return
    const nowMs = Date.now()
    if (nowMs - this.#reportedDownAtMs < REPORT_DOWN_MS) return
    this.#areBrokersDown = false
    this.#reportedDownAtMs = nowMs
    throw this.#connection.translate(
      { message: 'all broker connections are down', code: CODE.allBrokersDown },
      'poll',
    )
  }
}

/**
 * Makes the client's messages ConsumedRecords without a second object per record. The client gives
 * each record its own copy of the topic's name; sharing one lets later comparisons see the same
 * pointer, and frees the copies.
 */
function normalise(messages: Message[]): readonly ConsumedRecord[] {
  let topic = ''
  for (const message of messages) {
    if (message.topic === topic) message.topic = topic
    else topic = message.topic
    // A field that is not in the declared type: `headers` of ConsumedRecord.
    const record = message as { headers?: unknown }
    record.headers = message.headers === undefined ? NO_HEADERS : message.headers.map(toHeader)
  }
  // Every field of ConsumedRecord is there now: key and value are a Buffer or null, timestamp is -1
  // where the record has none.
  return messages as unknown as readonly ConsumedRecord[]
}

/** The client gives a header as an object with one property. It cannot tell a null value from an empty one. */
function toHeader(header: Readonly<Record<string, string | Buffer>>): Header {
  for (const key in header) {
    const value = header[key]
    return { key, value: typeof value === 'string' ? Buffer.from(value) : (value ?? null) }
  }
  throw new MillraceError('MR_KAFKA', 'poll: the client gave a header without a name')
}

/**
 * Leaves out ends that records of the same batch went beyond: the client found the end, then new
 * records came in before the batch was full. It will find the next end later.
 */
function endsAfter(
  records: readonly ConsumedRecord[],
  ends: readonly TopicPartitionOffset[],
): readonly TopicPartitionOffset[] {
  return ends.filter((end, index) => {
    for (const later of ends.slice(index + 1)) {
      if (later.partition === end.partition && later.topic === end.topic) return false
    }
    for (let i = records.length - 1; i >= 0; i--) {
      const record = records[i]
      if (record?.partition === end.partition && record.topic === end.topic) {
        return record.offset < end.offset
      }
    }
    return true
  })
}
