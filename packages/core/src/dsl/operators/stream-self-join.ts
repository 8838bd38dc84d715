import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { RecordWindowStore } from '../../state/record-window-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { JoinWindows } from '../../time/join-windows.ts'
import type { ValueJoiner } from './value-joiner.ts'

export interface StreamSelfJoinParts<K, V, R> {
  readonly windows: JoinWindows
  readonly store: StoreBuilder<RecordWindowStore<K, V>>
  readonly joiner: ValueJoiner<K, V, V, R>
}

/**
 * An inner join of a stream with itself over one store: the results of two sides in the same order
 * (Kafka Streams: `KStreamKStreamSelfJoin`, the optimisation `single.store.self.join`).
 *
 * A record is joined as the left side with what was there before; then, as the right side, with what was
 * there before and with itself, in the order of time. One that is older than the store keeps records is
 * not joined with itself.
 */
export function streamSelfJoin<K, V, R>(
  parts: StreamSelfJoinParts<K, V, R>,
): ProcessorSupplier<K, V, K, R> {
  return () => new StreamSelfJoin(parts)
}

class StreamSelfJoin<K, V, R> implements Processor<K, V, K, R> {
  readonly #parts: StreamSelfJoinParts<K, V, R>
  #store!: RecordWindowStore<K, V> // set by init, which comes before the first record

  constructor(parts: StreamSelfJoinParts<K, V, R>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, R>): void {
    this.#store = context.getStateStore(this.#parts.store)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, R>): Awaitable<void> {
    const { key, value } = record
    if (key === null || value === null) {
      context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    return forwardAll(this.#results(record), 0, context)
  }

  #results(record: StreamRecord<K, V>): readonly StreamRecord<K, R>[] {
    const { key, value, timestampMs } = record
    const { beforeMs, afterMs, graceMs } = this.#parts.windows
    const results: StreamRecord<K, R>[] = []
    for (const [otherMs, other] of this.#around(
      key,
      timestampMs - beforeMs,
      timestampMs + afterMs,
    )) {
      results.push(this.#result(record, value, other, otherMs))
    }
    // The record itself is put into the store when it has been joined.
    const streamTimeMs = Math.max(this.#store.streamTimeMs, timestampMs)
    let isWithSelf = timestampMs > streamTimeMs - (beforeMs + afterMs + graceMs) + 1
    for (const [otherMs, other] of this.#around(
      key,
      timestampMs - afterMs,
      timestampMs + beforeMs,
    )) {
      if (otherMs > timestampMs && isWithSelf) {
        isWithSelf = false
        results.push(this.#result(record, value, value, timestampMs))
      }
      results.push(this.#result(record, other, value, otherMs))
    }
    if (isWithSelf) results.push(this.#result(record, value, value, timestampMs))
    return results
  }

  #result(cause: StreamRecord<K, V>, left: V, right: V, otherMs: number): StreamRecord<K, R> {
    const { key, timestampMs, headers } = cause
    const value = this.#parts.joiner(left, right, key)
    return new StreamRecord(key, value, Math.max(timestampMs, otherMs), headers)
  }

  #around(key: K, fromMs: number, toMs: number): ReturnType<RecordWindowStore<K, V>['fetch']> {
    return this.#store.fetch(key, Math.max(0, fromMs), Math.max(0, toMs))
  }
}

/** One after the other: where the downstream is asynchronous, the next waits for it. */
function forwardAll<K, R>(
  results: readonly StreamRecord<K, R>[],
  from: number,
  context: ProcessorContext<K, R>,
): Awaitable<void> {
  for (let i = from; i < results.length; i++) {
    const result = results[i]
    if (result === undefined) break
    const pending = context.forward(result)
    if (isPromiseLike(pending)) return pending.then(() => forwardAll(results, i + 1, context))
  }
}
