import { type Duration, type Headers, NO_HEADERS, type Serde, whenReady } from '@millrace/core'
import {
  durationToMs,
  type ProducerRecord,
  readyOf,
  serializeNullable,
} from '@millrace/core/internal'

/** Types and times of the records of an input topic. */
export interface TestInputOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Time of the first record that is piped without one. @defaultValue the driver's clock, at each record */
  readonly startTimestampMs?: number
  /** How much later each further record without a time is. Counts from the clock if there is no start. */
  readonly autoAdvance?: Duration
}

/** What a record has besides key and value. */
export interface PipeOptions {
  readonly timestampMs?: number
  readonly headers?: Headers
  /** @defaultValue the hash of the key's bytes, 0 for a null key */
  readonly partition?: number
}

/** What an input topic needs of its driver. */
export interface InputTarget {
  nowMs(): number
  pipe(record: ProducerRecord): Promise<void>
}

type KeyAndValueBytes = Pick<ProducerRecord, 'key' | 'value'>

/** Writes typed records to a topic that the topology reads. */
export class TestInputTopic<K, V> {
  readonly topic: string
  readonly #options: TestInputOptions<K, V>
  readonly #target: InputTarget
  readonly #autoAdvanceMs: number
  /** Undefined: the clock's. */
  #nextMs: number | undefined

  /** @internal */
  constructor(topic: string, options: TestInputOptions<K, V>, target: InputTarget) {
    this.topic = topic
    this.#options = options
    this.#target = target
    this.#autoAdvanceMs = durationToMs(options.autoAdvance ?? 0)
    this.#nextMs =
      options.startTimestampMs ?? (this.#autoAdvanceMs > 0 ? target.nowMs() : undefined)
  }

  /**
   * Writes one record. Resolves when everything that it sets going is processed and committed;
   * rejects with the error of the operator that failed, and then nothing of it counts.
   */
  pipe(key: K | null, value: V | null, options: PipeOptions = {}): Promise<void> {
    let bytes: KeyAndValueBytes
    try {
      bytes = this.#bytes(key, value)
    } catch (error) {
      if (readyOf(error) === undefined) throw error
      const record = this.#record(options)
      return whenReady(() => this.#bytes(key, value)).then((later) =>
        this.#target.pipe({ ...record, ...later }),
      )
    }
    return this.#target.pipe({ ...this.#record(options), ...bytes })
  }

  #record(options: PipeOptions): Omit<ProducerRecord, keyof KeyAndValueBytes> {
    return {
      topic: this.topic,
      partition: options.partition,
      timestampMs: options.timestampMs ?? this.#takeTimestamp(),
      headers: options.headers ?? NO_HEADERS,
    }
  }

  #bytes(key: K | null, value: V | null): KeyAndValueBytes {
    const { topic } = this
    return {
      key: serializeNullable(this.#options.key, key, topic),
      value: serializeNullable(this.#options.value, value, topic),
    }
  }

  /** Writes several records, each as a step of its own. */
  async pipeAll(entries: Iterable<readonly [key: K | null, value: V | null]>): Promise<void> {
    for (const [key, value] of entries) await this.pipe(key, value)
  }

  /** Moves the time of the next record that is piped without one. */
  advanceTime(duration: Duration): void {
    this.#nextMs = (this.#nextMs ?? this.#target.nowMs()) + durationToMs(duration)
  }

  #takeTimestamp(): number {
    if (this.#nextMs === undefined) return this.#target.nowMs()
    const timestampMs = this.#nextMs
    this.#nextMs += this.#autoAdvanceMs
    return timestampMs
  }
}
