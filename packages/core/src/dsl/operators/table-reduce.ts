import { assert } from '../../base/assert.ts'
import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'
import type { Reducer } from './stream-reduce.ts'

export interface TableReduceParts<K, V> {
  /** What the group has with a row more. */
  readonly adder: Reducer<V>
  /** What the group has with a row less. */
  readonly subtractor: Reducer<V>
  readonly store: TableStoreBuilder<K, V>
  readonly sendOldValues: boolean
}

/**
 * Keeps one value a group of rows: what left the group is taken out first, then what came is added;
 * the first value is kept as it is. Otherwise as `tableAggregate` (Kafka Streams: `KTableReduce`).
 */
export function tableReduce<K, V>(
  parts: TableReduceParts<K, V>,
): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return () => new TableReduce(parts)
}

class TableReduce<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #parts: TableReduceParts<K, V>
  #table!: StoredTable<K, V> // set by init, which comes before the first record

  constructor(parts: TableReduceParts<K, V>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#table = new StoredTable(context, this.#parts)
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<V>>,
  ): Awaitable<void> {
    const { key, value: change } = record
    assert(key !== null, 'a table aggregation got a change without a key')
    const stored = this.#table.get(key)
    const before = stored === null ? null : stored.value
    const after = this.#added(change, this.#taken(change, before))
    const timestampMs =
      stored === null ? record.timestampMs : Math.max(record.timestampMs, stored.timestampMs)
    return this.#table.update(new Change(after, before), timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table.flush()
  }

  #taken({ oldValue }: Change<V>, value: V | null): V | null {
    if (oldValue === null || value === null) return value
    return this.#parts.subtractor(value, oldValue)
  }

  #added({ newValue }: Change<V>, value: V | null): V | null {
    if (newValue === null || value === null) return newValue ?? value
    return this.#parts.adder(value, newValue)
  }
}
