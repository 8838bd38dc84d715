import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import {
  type OperatorContext,
  operatorContext,
  type OperatorTime,
} from '../../processor/operator-context.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { RecordWindowStore } from '../../state/record-window-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { WaitingRecords } from '../../state/waiting-records.ts'
import type { ValueJoiner } from './value-joiner.ts'

export interface AsOfJoinParts<K, V, VO, R> {
  readonly toleranceMs: number
  readonly graceMs: number
  /** In an inner join the other value is never null. */
  readonly joiner: ValueJoiner<K, V, VO | null, R>
  readonly isLeft: boolean
  /** The records of the other stream. */
  readonly others: StoreBuilder<RecordWindowStore<K, VO>>
  /** Where records of this stream wait for event time; undefined: they do not. */
  readonly waiting: StoreBuilder<WaitingRecords<K, V>> | undefined
}

/** The three processors of an as-of join: one for each stream, and one that brings together what they give. */
export interface AsOfJoinProcessors<K, V, VO, R> {
  readonly left: ProcessorSupplier<K, V, K, R>
  readonly right: ProcessorSupplier<K, VO, K, R>
  readonly merge: ProcessorSupplier<K, R, K, R>
}

/**
 * Joins each record of one stream with the latest of the other that is not later than it, and at most
 * `toleranceMs` earlier.
 *
 * Semantics: a record of the left stream waits until event time, which both streams move, is more than `graceMs`
 * beyond its own. By then every record of the other stream that may match has come, if none is later than the
 * grace: the result does not depend on the order of coming. Records leave in the order of their times, as what
 * they were: with their own timestamp, headers, topic and offset. Of several of the other stream with the same time
 * the one counts that came last.
 *
 * - A left record that comes later than the grace is joined at once, with what is there. One of the other stream
 *   counts for what has not been joined yet, and is dropped and counted if it is too old to be kept.
 * - Null values are dropped and counted, and so are null keys, but in a left join such a record is
 *   joined with null at once.
 */
export function asOfJoin<K, V, VO, R>(
  parts: AsOfJoinParts<K, V, VO, R>,
): AsOfJoinProcessors<K, V, VO, R> {
  return {
    left: () => new AsOfLeft(parts),
    right: () => new AsOfRight(parts),
    merge: () => new AsOfMerge(parts),
  }
}

/** What the processors have in common: the records that wait, and event time. */
class AsOfRecords<K, V, VO, R> {
  readonly others: RecordWindowStore<K, VO>
  readonly waiting: WaitingRecords<K, V> | undefined
  readonly #parts: AsOfJoinParts<K, V, VO, R>
  readonly #context: OperatorContext
  readonly #streamTime: OperatorTime

  constructor(context: ProcessorContext<K, R>, parts: AsOfJoinParts<K, V, VO, R>) {
    this.#parts = parts
    this.#context = operatorContext(context)
    this.others = context.getStateStore(parts.others)
    this.waiting = parts.waiting === undefined ? undefined : context.getStateStore(parts.waiting)
    this.#streamTime = this.#context.operatorTime(parts.others.name)
  }

  /** True for a record that comes later than the grace. */
  isLate(timestampMs: number): boolean {
    return timestampMs < this.#streamTime.ms - this.#parts.graceMs
  }

  /** Lets a record wait. */
  put(record: StreamRecord<K, V>, waiting: WaitingRecords<K, V>): void {
    waiting.put(record, this.#context.recordMetadata)
  }

  /** Moves event time on, and forwards what has waited for it. */
  advance(timeMs: number): Awaitable<void> {
    if (timeMs <= this.#streamTime.ms) return
    this.#streamTime.ms = timeMs
    if (this.waiting !== undefined) return this.#release(this.waiting)
  }

  /** Undefined: it has no result. */
  join(record: StreamRecord<K, V>): StreamRecord<K, R> | undefined {
    const { key, value, timestampMs } = record
    const { toleranceMs, isLeft, joiner } = this.#parts
    const fromMs = Math.max(0, timestampMs - toleranceMs)
    const match = this.others.latest(key, fromMs, timestampMs)
    if (match === null && !isLeft) return undefined
    return record.withValue(joiner(value, match === null ? null : match[1], key))
  }

  #release(waiting: WaitingRecords<K, V>): Awaitable<void> {
    while (waiting.firstMs + this.#parts.graceMs < this.#streamTime.ms) {
      const entry = waiting.first()
      if (entry === undefined) return
      waiting.remove(entry)
      const { timestampMs, headers, metadata } = entry.context
      const joined = this.join(new StreamRecord(entry.key, entry.value, timestampMs, headers))
      if (joined === undefined) continue
      const pending = this.#context.forwardFrom(metadata, joined)
      if (isPromiseLike(pending)) return pending.then(() => this.#release(waiting))
    }
  }
}

class AsOfLeft<K, V, VO, R> implements Processor<K, V, K, R> {
  readonly #parts: AsOfJoinParts<K, V, VO, R>
  #records!: AsOfRecords<K, V, VO, R> // set by init, which comes before the first record

  constructor(parts: AsOfJoinParts<K, V, VO, R>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, R>): void {
    this.#records = new AsOfRecords(context, this.#parts)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, R>): Awaitable<void> {
    const { key, value, timestampMs } = record
    const { isLeft, joiner } = this.#parts
    if (value === null || (key === null && !isLeft)) {
      context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    if (key === null) return context.forward(record.withValue(joiner(value, null, key)))
    const records = this.#records
    if (records.waiting === undefined || records.isLate(timestampMs)) {
      const joined = records.join(record)
      return joined === undefined ? undefined : context.forward(joined)
    }
    records.put(record, records.waiting)
    return records.advance(timestampMs)
  }
}

class AsOfRight<K, V, VO, R> implements Processor<K, VO, K, R> {
  readonly #parts: AsOfJoinParts<K, V, VO, R>
  #records!: AsOfRecords<K, V, VO, R> // set by init, which comes before the first record

  constructor(parts: AsOfJoinParts<K, V, VO, R>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, R>): void {
    this.#records = new AsOfRecords(context, this.#parts)
  }

  process(record: StreamRecord<K, VO>, context: ProcessorContext<K, R>): Awaitable<void> {
    const { key, value, timestampMs } = record
    if (key === null || value === null) {
      context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    // First what has waited: the record may let expire what that is to be joined with.
    const pending = this.#records.advance(timestampMs)
    if (isPromiseLike(pending)) {
      return pending.then(() => {
        this.#keep(record, context)
      })
    }
    this.#keep(record, context)
  }

  #keep(record: StreamRecord<K, VO>, context: ProcessorContext<K, R>): void {
    if (!this.#records.others.put(record)) context.recordDropped('late')
  }
}

/** Forwards what both give, and lets time go on where it has come to the end of both. */
class AsOfMerge<K, V, VO, R> implements Processor<K, R, K, R> {
  readonly #parts: AsOfJoinParts<K, V, VO, R>
  #records!: AsOfRecords<K, V, VO, R> // set by init, which comes before the first record

  constructor(parts: AsOfJoinParts<K, V, VO, R>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, R>): void {
    this.#records = new AsOfRecords(context, this.#parts)
  }

  process(record: StreamRecord<K, R>, context: ProcessorContext<K, R>): Awaitable<void> {
    return context.forward(record)
  }

  advanceTime(timeMs: number): Awaitable<void> {
    return this.#records.advance(timeMs)
  }

  get holdsBackMs(): number {
    return this.#parts.waiting === undefined ? 0 : this.#parts.graceMs + 1
  }
}
