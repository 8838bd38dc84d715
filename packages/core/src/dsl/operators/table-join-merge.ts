import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'

export interface TableJoinMergeParts<K, V> {
  /** Undefined: the result is a view of the two tables. */
  readonly store: TableStoreBuilder<K, V> | undefined
  readonly sendOldValues: boolean
}

/**
 * Brings the changes of both sides of a join together, and stores them where the result is stored. Old
 * values are those that the sides computed (Kafka Streams: `KTableKTableJoinMerger`).
 */
export function tableJoinMerge<K, V>(
  parts: TableJoinMergeParts<K, V>,
): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return () => new TableJoinMerge(parts)
}

class TableJoinMerge<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #parts: TableJoinMergeParts<K, V>
  /** Undefined: the result is a view. */
  #table: StoredTable<K, V> | undefined

  constructor(parts: TableJoinMergeParts<K, V>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    const { store, sendOldValues } = this.#parts
    if (store !== undefined) this.#table = new StoredTable(context, { store, sendOldValues })
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<V>>,
  ): Awaitable<void> {
    if (this.#table === undefined) return context.forward(record)
    return this.#table.update(record.value, record.timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table?.flush()
  }
}
