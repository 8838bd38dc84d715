import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { RecordWindowStore } from '../../state/record-window-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { WindowEntry } from '../../state/window-store.ts'
import type { JoinWindows } from '../../time/join-windows.ts'
import { type UnmatchedParts, UnmatchedRecords } from './unmatched-records.ts'
import type { ValueJoiner } from './value-joiner.ts'

/** One side of a join of two streams. */
export interface StreamJoinSideParts<K, VThis, VOther, R> {
  readonly isLeft: boolean
  readonly windows: JoinWindows
  /** Where the records of the other side are. */
  readonly otherStore: StoreBuilder<RecordWindowStore<K, VOther>>
  /** This side's value first. Null for a record without a match, which only an outer side asks about. */
  readonly joiner: ValueJoiner<K, VThis, VOther | null, R>
  /** True: records of this side have a result without a match. */
  readonly isOuter: boolean
  /** True: so have those of the other side, and may be waiting. */
  readonly isOtherOuter: boolean
  /** Present when either side is outer. */
  readonly unmatched: UnmatchedParts<K, R> | undefined
}

/**
 * Joins each record of one side with those of the other that are within the window, and keeps nothing itself:
 * see `joinWindow` (Kafka Streams: `KStreamKStreamJoin`).
 *
 * - Each match gives a result at once, in the order of the matches' times: the larger of both timestamps, the
 *   headers of the record that came last.
 * - A late record is joined with whatever the other side still has.
 * - A null value is dropped and counted; so is a null key, which an outer side joins with null instead.
 * - A record of an outer side without a match waits until its time is over; see {@link UnmatchedRecords}. If
 *   its window was past when it came, it is joined with null at once.
 */
export function streamJoinSide<K, VThis, VOther, R>(
  parts: StreamJoinSideParts<K, VThis, VOther, R>,
): ProcessorSupplier<K, VThis, K, R> {
  return () => new StreamJoinSide(parts)
}

class StreamJoinSide<K, VThis, VOther, R> implements Processor<K, VThis, K, R> {
  readonly #parts: StreamJoinSideParts<K, VThis, VOther, R>
  readonly #beforeMs: number
  readonly #afterMs: number
  #others!: RecordWindowStore<K, VOther> // set by init, which comes before the first record
  #unmatched: UnmatchedRecords<K, R> | undefined

  constructor(parts: StreamJoinSideParts<K, VThis, VOther, R>) {
    this.#parts = parts
    const { beforeMs, afterMs } = parts.windows
    this.#beforeMs = parts.isLeft ? beforeMs : afterMs
    this.#afterMs = parts.isLeft ? afterMs : beforeMs
  }

  init(context: ProcessorContext<K, R>): void {
    const { otherStore, unmatched } = this.#parts
    this.#others = context.getStateStore(otherStore)
    if (unmatched !== undefined) this.#unmatched = new UnmatchedRecords(context, unmatched)
  }

  process(record: StreamRecord<K, VThis>, context: ProcessorContext<K, R>): Awaitable<void> {
    const { key, value, timestampMs } = record
    const unmatched = this.#unmatched
    // Also records that are dropped let time pass.
    unmatched?.observe(timestampMs)
    if (value === null) {
      context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    if (key === null) {
      if (this.#parts.isOuter) return this.#forwardAlone(record, context)
      context.recordDropped('null-key')
      return
    }
    if (unmatched !== undefined && timestampMs === unmatched.streamTimeMs) {
      const pending = unmatched.release(record, this.#afterMs, context)
      if (isPromiseLike(pending)) return pending.then(() => this.#join(record, context))
    }
    return this.#join(record, context)
  }

  advanceTime(timeMs: number, context: ProcessorContext<K, R>): Awaitable<void> {
    return this.#unmatched?.advance(this.#parts.isLeft, timeMs, context)
  }

  get holdsBackMs(): number {
    return this.#unmatched?.holdsBackMs ?? 0
  }

  #join(record: StreamRecord<K, VThis>, context: ProcessorContext<K, R>): Awaitable<void> {
    const { key, timestampMs } = record
    const fromMs = Math.max(0, timestampMs - this.#beforeMs)
    const toMs = Math.max(0, timestampMs + this.#afterMs)
    const matches = this.#others.fetch(key, fromMs, toMs)
    if (matches.length > 0) return this.#forwardMatches(matches, 0, record, context)
    if (!this.#parts.isOuter) return
    const unmatched = this.#unmatched
    if (unmatched === undefined || toMs < unmatched.streamTimeMs) {
      return this.#forwardAlone(record, context)
    }
    unmatched.add({ isLeft: this.#parts.isLeft, key, value: record.value, timestampMs })
  }

  /** One after the other: where the downstream is asynchronous, the next waits for it. */
  #forwardMatches(
    matches: readonly WindowEntry<VOther>[],
    from: number,
    record: StreamRecord<K, VThis>,
    context: ProcessorContext<K, R>,
  ): Awaitable<void> {
    const { key, value, timestampMs, headers } = record
    const { isLeft, isOtherOuter, joiner } = this.#parts
    for (let i = from; i < matches.length; i++) {
      const match = matches[i]
      if (match === undefined) break
      const [otherMs, other] = match
      if (isOtherOuter) this.#unmatched?.remove(otherMs, !isLeft, key)
      const resultMs = Math.max(timestampMs, otherMs)
      const result = new StreamRecord(key, joiner(value, other, key), resultMs, headers)
      const pending = context.forward(result)
      if (isPromiseLike(pending)) {
        return pending.then(() => this.#forwardMatches(matches, i + 1, record, context))
      }
    }
  }

  #forwardAlone(record: StreamRecord<K, VThis>, context: ProcessorContext<K, R>): Awaitable<void> {
    return context.forward(record.withValue(this.#parts.joiner(record.value, null, record.key)))
  }
}
