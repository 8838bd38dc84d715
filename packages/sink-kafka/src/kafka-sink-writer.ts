import {
  MillraceError,
  type SinkBatch,
  type SinkRecord,
  type SinkWriteControl,
  type SinkWriter,
  type TopicPartition,
} from '@millrace/core'
import {
  type ProducerRecord,
  serializeNullable,
  type TransactionalProducer,
  unlessAborted,
} from '@millrace/core/internal'
import type { KafkaSinkConfig } from './kafka-sink-options.ts'
import { encodePosition, positionKey } from './position-record.ts'
import { targetError } from './target-error.ts'

/*
 * Semantics. One transactional producer a partition of the source; its transactional id is the partition's, so
 * that a claim (`init`) fences the writer before it, and decides what that one left open. A batch and its
 * position are one transaction.
 *
 * Invariants.
 * - Position is what the last transaction of this id committed: nobody else writes it.
 * - After an error the outcome of the last transaction is found out before another one begins: a commit whose
 *   outcome is open is asked for again, until the broker has decided it.
 * - Nothing of a batch is committed before all that is rejected of it is a dead letter: what is too large is found in
 *   transactions that are aborted.
 */

/** What a claim gives. */
export interface ClaimedPartition {
  readonly producer: TransactionalProducer
  /** Undefined when the target has none. */
  readonly position: number | undefined
}

export interface KafkaSinkWriterParts<K, V> extends TopicPartition {
  readonly config: KafkaSinkConfig<K, V>
  readonly start: ClaimedPartition
  /** Claims the partition once more, with another producer. */
  readonly claimAgain: () => Promise<ClaimedPartition>
  readonly positionsTopic: string
  readonly sinkId: string
  readonly owner: string
  readonly nowMs: () => number
  readonly onClose: (writer: SinkWriter<K, V>) => void
}

/** What is to be written of one record. */
interface Outgoing<K, V> {
  readonly record: SinkRecord<K, V>
  readonly encoded: ProducerRecord
}

/** What is found of a batch that the target does not take as it is. */
interface Search<K, V> {
  readonly tooLarge: Map<Outgoing<K, V>, MillraceError>
  /** The largest number of records that were taken together. */
  mostTogether: number
}

/**
 * While what is too large is searched for, so much is under way at most: librdkafka's producer holds back what is behind a
 * refused batch until its transaction ends, and a flush waits for that. Less than its largest batch, and than
 * Kafka's default for `max.message.bytes`.
 */
const SEARCH_BYTES = 500_000

type State =
  | { readonly kind: 'idle' }
  /** Something is sent, or may be. */
  | { readonly kind: 'open' }
  /** The commit was asked for, and its outcome is not known. */
  | { readonly kind: 'committing'; readonly to: number }
  /** The producer is closed, and there is no other one yet. */
  | { readonly kind: 'unclaimed' }

const IDLE: State = { kind: 'idle' }

export class KafkaSinkWriter<K, V> implements SinkWriter<K, V> {
  readonly #parts: KafkaSinkWriterParts<K, V>
  #producer: TransactionalProducer
  #position: number | undefined
  #state: State = IDLE
  /**
   * Records between two flushes. Fewer than all once the target has refused a batch of the client none of whose
   * records is too large: the topic takes less than the client puts together.
   */
  #flushEvery = Infinity
  readonly #closed = new AbortController()
  #closing: Promise<void> | undefined

  constructor(parts: KafkaSinkWriterParts<K, V>) {
    this.#parts = parts
    this.#producer = parts.start.producer
    this.#position = parts.start.position
  }

  get position(): number | undefined {
    return this.#position
  }

  async write(batch: SinkBatch<K, V>, control: SinkWriteControl<K, V>): Promise<void> {
    const writing = this.#write(batch, control).then(() => true)
    // The client's calls cannot be taken back: whoever waits is let go, and `close` gives up what runs on.
    const givenUp = AbortSignal.any([control.signal, this.#closed.signal])
    if ((await unlessAborted(givenUp, writing)) === true) return
    throw new MillraceError('MR_SINK_UNAVAILABLE', 'The write was given up', {
      hint: 'Nothing: the partition is given away, or the app closes.',
    })
  }

  close(): Promise<void> {
    this.#closed.abort()
    // What is open is left to the next claim, which decides it.
    this.#closing ??= this.#producer.close().catch(() => undefined)
    this.#parts.onClose(this)
    return this.#closing
  }

  async #write(batch: SinkBatch<K, V>, control: SinkWriteControl<K, V>): Promise<void> {
    await this.#asked(this.#settle())
    const position = this.#position ?? batch.from
    if (position === batch.to) return
    if (position !== batch.from) throw this.#outOfStep(batch, position)
    let outgoing = await this.#encode(batch.records, control)
    while (!(await this.#asked(this.#transact(outgoing, batch.to)))) {
      const search: Search<K, V> = { tooLarge: new Map(), mostTogether: 1 }
      await this.#asked(this.#search(outgoing, search))
      for (const [{ record }, error] of search.tooLarge) {
        await control.reject(record, this.#rejected(record, error, 'is too large for'))
      }
      if (search.tooLarge.size === 0) this.#flushMoreOften(outgoing.length, search.mostTogether)
      outgoing = outgoing.filter((one) => !search.tooLarge.has(one))
    }
  }

  #flushMoreOften(records: number, mostTogether: number): void {
    const before = Math.min(this.#flushEvery, records)
    this.#flushEvery = Math.max(1, Math.min(mostTogether, before >> 1))
  }

  /** What the client says of the target, as the runtime of sinks understands it. */
  async #asked<T>(call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (error) {
      throw targetError(error, 'Writing', this.#place())
    }
  }

  /** Finds out what became of the transaction before, and leaves none open. */
  async #settle(): Promise<void> {
    if (this.#state.kind === 'committing') await this.#finishCommit(this.#state.to)
    if (this.#state.kind === 'unclaimed') await this.#claimAgain()
    if (this.#state.kind === 'open') {
      await this.#producer.abort()
      this.#state = IDLE
    }
  }

  async #finishCommit(to: number): Promise<void> {
    try {
      await this.#producer.commit()
      this.#committed(to)
    } catch (error) {
      if (isTooLarge(error)) this.#state = { kind: 'unclaimed' }
      else if (MillraceError.is(error) && error.action === 'abort') this.#state = { kind: 'open' }
      else throw error
    }
  }

  /**
   * After a refused record librdkafka's producer does not get rid of others that went with it (2.15.1: they
   * stay in flight through the abort, and the next commit times out). Another producer aborts what this one left.
   * A zombie that does so takes the partition from its successor, which claims it again in turn; that the position
   * has moved, if it has, tells the zombie.
   */
  async #claimAgain(): Promise<void> {
    this.#state = { kind: 'unclaimed' }
    await this.#producer.close()
    const { producer, position } = await this.#parts.claimAgain()
    this.#producer = producer
    this.#state = IDLE
    if (position === this.#position) return
    throw new MillraceError('MR_SINK_FENCED', 'Another writer has moved the position', {
      hint: 'Nothing: the partition is claimed again.',
      at: { ...this.#place(), position: position ?? -1 },
    })
  }

  /** False when a record is too large for the target; nothing of it is there then. */
  async #transact(outgoing: readonly Outgoing<K, V>[], to: number): Promise<boolean> {
    try {
      await this.#begin(outgoing)
      this.#sendPosition(to)
      this.#state = { kind: 'committing', to }
      await this.#producer.commit()
      this.#committed(to)
      return true
    } catch (error) {
      // Whatever is not open (retry) is decided: not committed.
      const isOpen = MillraceError.is(error) && error.action === 'retry'
      if (this.#state.kind === 'committing' && !isOpen) this.#state = { kind: 'open' }
      if (!isTooLarge(error)) throw error
      await this.#claimAgain()
      return false
    }
  }

  /** Halves until each record that is too large is alone: the broker says so of the topic only. Commits nothing. */
  async #search(outgoing: readonly Outgoing<K, V>[], search: Search<K, V>): Promise<void> {
    const [first] = outgoing
    if (first === undefined) return
    const error = await this.#refusalOf(outgoing)
    if (error === undefined) {
      search.mostTogether = Math.max(search.mostTogether, outgoing.length)
    } else if (outgoing.length === 1) {
      search.tooLarge.set(first, error)
    } else {
      const middle = outgoing.length >> 1
      await this.#search(outgoing.slice(0, middle), search)
      await this.#search(outgoing.slice(middle), search)
    }
  }

  /** Undefined when the target would take all of it. */
  async #refusalOf(outgoing: readonly Outgoing<K, V>[]): Promise<MillraceError | undefined> {
    try {
      await this.#begin(outgoing, SEARCH_BYTES)
      await this.#producer.flush()
    } catch (error) {
      if (!isTooLarge(error)) throw error
      await this.#claimAgain()
      return error
    }
    await this.#settle()
    return undefined
  }

  async #begin(outgoing: readonly Outgoing<K, V>[], flushBytes = Infinity): Promise<void> {
    await this.#producer.begin()
    this.#state = { kind: 'open' }
    let records = 0
    let bytes = 0
    for (const { encoded } of outgoing) {
      const size = (encoded.key?.byteLength ?? 0) + (encoded.value?.byteLength ?? 0)
      if (records > 0 && (records >= this.#flushEvery || bytes + size > flushBytes)) {
        await this.#producer.flush()
        records = 0
        bytes = 0
      }
      this.#producer.send(encoded)
      records++
      bytes += size
    }
  }

  #committed(to: number): void {
    this.#position = to
    this.#state = IDLE
  }

  #sendPosition(to: number): void {
    const { positionsTopic, sinkId, owner, nowMs } = this.#parts
    this.#producer.send({
      topic: positionsTopic,
      partition: undefined,
      key: Buffer.from(positionKey(sinkId, this.#parts)),
      value: encodePosition(to, owner),
      timestampMs: nowMs(),
      headers: [],
    })
  }

  async #encode(
    records: readonly SinkRecord<K, V>[],
    control: SinkWriteControl<K, V>,
  ): Promise<Outgoing<K, V>[]> {
    const outgoing: Outgoing<K, V>[] = []
    for (const record of records) {
      try {
        outgoing.push({ record, encoded: this.#encodeOne(record) })
      } catch (error) {
        await control.reject(record, this.#rejected(record, error, 'cannot be encoded for'))
      }
    }
    return outgoing
  }

  #encodeOne(record: SinkRecord<K, V>): ProducerRecord {
    const { config, positionsTopic } = this.#parts
    const topic = typeof config.topic === 'string' ? config.topic : config.topic(record)
    if (topic === positionsTopic) throw new TypeError('the topic of positions takes no records')
    return {
      topic,
      partition: config.partition?.(record),
      key: serializeNullable(config.key, record.key, topic),
      value: serializeNullable(config.value, record.value, topic),
      timestampMs: record.timestampMs,
      headers: record.headers,
    }
  }

  #rejected(record: SinkRecord<K, V>, cause: unknown, what: string): MillraceError {
    const { topic, partition, offset } = record
    return new MillraceError('MR_SINK_REJECTED', `A record ${what} the target cluster`, {
      cause,
      hint: 'Mend what makes the record, or raise max.message.bytes of the target topic.',
      at: { ...this.#place(), topic, partition, offset },
    })
  }

  #outOfStep({ from, to }: SinkBatch<K, V>, position: number): MillraceError {
    return new MillraceError('MR_SINK_FENCED', 'The target is at another position than the batch', {
      hint: 'Nothing: the partition is claimed again.',
      at: { ...this.#place(), position, from, to },
    })
  }

  #place(): Record<string, string | number> {
    const { topic, partition, sinkId, config } = this.#parts
    return { sink: sinkId, topic, partition, cluster: config.brokers.join(',') }
  }
}

function isTooLarge(error: unknown): error is MillraceError {
  return MillraceError.is(error, 'MR_RECORD_TOO_LARGE')
}
