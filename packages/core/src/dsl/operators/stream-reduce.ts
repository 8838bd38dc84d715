import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'

/** What two values of one key become; null deletes the row. */
export type Reducer<V> = (aggregate: V, value: V) => V | null

export interface StreamReduceParts<K, V> {
  readonly reducer: Reducer<V>
  readonly store: TableStoreBuilder<K, V>
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
  #table!: StoredTable<K, V> // set by init, which comes before the first record

  constructor(parts: StreamReduceParts<K, V>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#table = new StoredTable(context, this.#parts)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, Change<V>>): Awaitable<void> {
    const { key, value } = record
    if (key === null || value === null) {
      context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    const stored = this.#table.get(key)
    const after = stored === null ? value : this.#parts.reducer(stored.value, value)
    const timestampMs =
      stored === null ? record.timestampMs : Math.max(record.timestampMs, stored.timestampMs)
    const change = new Change(after, stored === null ? null : stored.value)
    return this.#table.update(change, timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table.flush()
  }
}
