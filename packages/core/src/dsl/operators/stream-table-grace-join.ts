import { assert } from '../../base/assert.ts'
import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import {
  type OperatorContext,
  operatorContext,
  type OperatorTime,
} from '../../processor/operator-context.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { ValueGetter, ValueGetterSupplier } from '../../processor/value-getter.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { WaitingRecords } from '../../state/waiting-records.ts'
import { joinedRecord } from './stream-table-join.ts'
import type { ValueJoiner } from './value-joiner.ts'

export interface StreamTableGraceJoinParts<K, V, VT, VR> {
  /** Of a versioned table. */
  readonly table: ValueGetterSupplier<K, VT>
  /** In an inner join the row is never null. */
  readonly joiner: ValueJoiner<K, V, VT | null, VR>
  readonly isLeft: boolean
  readonly waiting: StoreBuilder<WaitingRecords<K, V>>
  readonly graceMs: number
}

/**
 * Joins each record with the row of its time once stream time is `graceMs` beyond that, so that rows which come
 * late are found. Records leave in the order of their timestamps, as what they were: with their own headers, topic
 * and offset. One that comes later than that is joined at once.
 *
 * - Null keys and values as in a join without a grace period, but that a left join has no place for a record
 *   without a key, and fails, as Kafka Streams does.
 * - Stream time is that of the records that came here. It is committed, so it goes on after a crash; Kafka Streams
 *   begins anew (`KStreamKTableJoinProcessor`, KIP-923).
 */
export function streamTableGraceJoin<K, V, VT, VR>(
  parts: StreamTableGraceJoinParts<K, V, VT, VR>,
): ProcessorSupplier<K, V, K, VR> {
  return () => new StreamTableGraceJoin(parts)
}

class StreamTableGraceJoin<K, V, VT, VR> implements Processor<K, V, K, VR> {
  readonly holdsBackMs: number
  readonly #parts: StreamTableGraceJoinParts<K, V, VT, VR>
  // Set by init, which comes before the first record.
  #context!: OperatorContext
  #rows!: ValueGetter<K, VT>
  #waiting!: WaitingRecords<K, V>
  #streamTime!: OperatorTime

  constructor(parts: StreamTableGraceJoinParts<K, V, VT, VR>) {
    this.#parts = parts
    this.holdsBackMs = parts.graceMs
  }

  init(context: ProcessorContext<K, VR>): void {
    const { table, waiting } = this.#parts
    this.#context = operatorContext(context)
    this.#rows = table.create(context)
    this.#waiting = context.getStateStore(waiting)
    this.#streamTime = this.#context.operatorTime(waiting.name)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, VR>): Awaitable<void> {
    const { key, value, timestampMs } = record
    const { isLeft, graceMs } = this.#parts
    if (value === null || (key === null && !isLeft)) {
      context.recordDropped(value === null ? 'null-value' : 'null-key')
      return
    }
    assert(key !== null, 'a left join with a grace period got a record without a key: filter them')
    if (timestampMs < this.#streamTime.ms - graceMs) {
      const joined = joinedRecord(record, key, this.#rows, this.#parts)
      return joined === undefined ? undefined : context.forward(joined)
    }
    if (timestampMs > this.#streamTime.ms) this.#streamTime.ms = timestampMs
    this.#waiting.put(record, this.#context.recordMetadata)
    return this.#release()
  }

  advanceTime(timeMs: number): Awaitable<void> {
    if (timeMs > this.#streamTime.ms) this.#streamTime.ms = timeMs
    return this.#release()
  }

  #release(): Awaitable<void> {
    const waiting = this.#waiting
    const untilMs = this.#streamTime.ms - this.#parts.graceMs
    while (waiting.firstMs <= untilMs) {
      const entry = waiting.first()
      if (entry === undefined) return
      const { timestampMs, headers, metadata } = entry.context
      const record = new StreamRecord(entry.key, entry.value, timestampMs, headers)
      const joined = joinedRecord(record, entry.key, this.#rows, this.#parts)
      const result = joined === undefined ? undefined : this.#context.forwardFrom(metadata, joined)
      if (isPromiseLike(result)) {
        return result.then(() => {
          waiting.remove(entry)
          return this.#release()
        })
      }
      waiting.remove(entry)
    }
  }
}
