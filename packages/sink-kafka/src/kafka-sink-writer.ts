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

/** Part of a batch: records from one position to another. */
interface Stretch<K, V> {
  readonly outgoing: readonly Outgoing<K, V>[]
  readonly to: number
}

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
    if ((await unlessAborted(control.signal, writing)) === true) return
    throw new MillraceError('MR_SINK_UNAVAILABLE', 'The write was given up', {
      hint: 'Nothing: the partition is given away, or the app closes.',
    })
  }

  close(): Promise<void> {
    // What is open is left to the next claim, which decides it.
    this.#closing ??= this.#producer.close().catch(() => undefined)
    this.#parts.onClose(this)
    return this.#closing
  }

  async #write(batch: SinkBatch<K, V>, control: SinkWriteControl<K, V>): Promise<void> {
    try {
      await this.#settle()
      const position = this.#position ?? batch.from
      if (position === batch.to) return
      if (position < batch.from || position > batch.to) throw this.#outOfStep(batch, position)
      const rest = batch.records.filter(({ offset }) => offset >= position)
      const outgoing = await this.#encode(rest, control)
      await this.#writeStretch({ outgoing, to: batch.to }, control)
    } catch (error) {
      throw targetError(error, 'Writing', this.#place())
    }
  }

  /** Finds out what became of the transaction before, and leaves none open. */
  async #settle(): Promise<void> {
    const state = this.#state
    if (state.kind === 'committing') {
      try {
        await this.#producer.commit()
        this.#committed(state.to)
        return
      } catch (error) {
        if (!MillraceError.is(error) || error.action !== 'abort') throw error
        this.#state = { kind: 'open' }
      }
    }
    if (this.#state.kind === 'unclaimed') await this.#claimAgain()
    if (this.#state.kind === 'open') {
      await this.#producer.abort()
      this.#state = IDLE
    }
  }

  /**
   * A stretch with a record that the target finds too large is halved until that record is alone: the broker
   * says so of the topic only, when the transaction is lost already. Halves end between offsets, so that
   * each has its position.
   */
  async #writeStretch(stretch: Stretch<K, V>, control: SinkWriteControl<K, V>): Promise<void> {
    try {
      await this.#transact(stretch)
    } catch (error) {
      if (!MillraceError.is(error, 'MR_RECORD_TOO_LARGE')) throw error
      await this.#claimAgain()
      const halves = halve(stretch)
      if (halves !== undefined) {
        for (const half of halves) await this.#writeStretch(half, control)
        return
      }
      for (const { record } of stretch.outgoing) {
        await control.reject(record, this.#rejected(record, error, 'is too large for'))
      }
      await this.#transact({ outgoing: [], to: stretch.to })
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

  async #transact({ outgoing, to }: Stretch<K, V>): Promise<void> {
    await this.#producer.begin()
    this.#state = { kind: 'open' }
    for (const { encoded } of outgoing) this.#producer.send(encoded)
    this.#sendPosition(to)
    this.#state = { kind: 'committing', to }
    try {
      await this.#producer.commit()
    } catch (error) {
      // Whatever is not open (retry) is decided: not committed.
      if (!MillraceError.is(error) || error.action !== 'retry') this.#state = { kind: 'open' }
      throw error
    }
    this.#committed(to)
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

/** Undefined for a stretch of one offset. */
function halve<K, V>(stretch: Stretch<K, V>): readonly [Stretch<K, V>, Stretch<K, V>] | undefined {
  const { outgoing, to } = stretch
  const first = outgoing[0]?.record.offset
  const middle = outgoing[outgoing.length >> 1]?.record.offset
  // The middle may be of the first offset, which operators made several records of.
  const cut = outgoing.find(({ record }) => {
    return record.offset > (first ?? 0) && record.offset >= (middle ?? 0)
  })?.record.offset
  if (cut === undefined) return undefined
  return [
    { outgoing: outgoing.filter(({ record }) => record.offset < cut), to: cut },
    { outgoing: outgoing.filter(({ record }) => record.offset >= cut), to },
  ]
}
