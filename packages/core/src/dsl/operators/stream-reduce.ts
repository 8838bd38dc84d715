import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { TimestampedKeyValueStore } from '../../state/key-value-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'

/** What two values of one key become; null deletes the row. */
export type Reducer<V> = (aggregate: V, value: V) => V | null

export interface StreamReduceParts<K, V> {
  readonly reducer: Reducer<V>
  readonly store: StoreBuilder<TimestampedKeyValueStore<K, V>>
  readonly sendOldValues: boolean
}

/**
 * Keeps one value a key: the first as it is, then what the reducer makes of it and the next.
 * Null keys and values, timestamps and headers as for `streamAggregate`; a new row has no old value.
 */
export function streamReduce<K, V>(
  parts: StreamReduceParts<K, V>,
): ProcessorSupplier<K, V, K, Change<V>> {
  return () => new StreamReduce(parts)
}

class StreamReduce<K, V> implements Processor<K, V, K, Change<V>> {
  readonly #parts: StreamReduceParts<K, V>
  #store!: TimestampedKeyValueStore<K, V> // set by init, which comes before the first record

  constructor(parts: StreamReduceParts<K, V>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#store = context.getStateStore(this.#parts.store)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, Change<V>>): Awaitable<void> {
    const { key, value, headers } = record
    if (key === null || value === null) {
      context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    const stored = this.#store.get(key)
    const after = stored === null ? value : this.#parts.reducer(stored.value, value)
    const timestampMs =
      stored === null ? record.timestampMs : Math.max(record.timestampMs, stored.timestampMs)
    this.#store.put(key, after === null ? null : valueAndTimestamp(after, timestampMs, headers))
    const before = this.#parts.sendOldValues && stored !== null ? stored.value : null
    return context.forward(new StreamRecord(key, new Change(after, before), timestampMs, headers))
  }
}
