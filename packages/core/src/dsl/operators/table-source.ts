import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { StoredTable, type StoredTableParts, type TableStoreBuilder } from './stored-table.ts'

export interface TableSourceParts<K, V> {
  /** Undefined: the table is not stored, and every record is a change without an old value. */
  readonly store: TableStoreBuilder<K, V> | undefined
  readonly sendOldValues: boolean
}

/**
 * Turns records into changes of a table: each is an upsert, a null value deletes.
 *
 * A null key is dropped and counted. A record older than the row is applied all the same, and an
 * equal value is forwarded again (Kafka Streams: `KTableSource`).
 */
export function tableSource<K, V>({
  store,
  sendOldValues,
}: TableSourceParts<K, V>): ProcessorSupplier<K, V, K, Change<V>> {
  return store === undefined
    ? () => ({ process: forwardChange })
    : () => new StoredTableSource({ store, sendOldValues })
}

function forwardChange<K, V>(
  record: StreamRecord<K, V>,
  context: ProcessorContext<K, Change<V>>,
): Awaitable<void> {
  if (record.key === null) {
    context.recordDropped('null-key')
    return
  }
  return context.forward(record.withValue(new Change<V>(record.value, null)))
}

class StoredTableSource<K, V> implements Processor<K, V, K, Change<V>> {
  readonly #parts: StoredTableParts<K, V>
  #table!: StoredTable<K, V> // set by init, which comes before the first record

  constructor(parts: StoredTableParts<K, V>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#table = new StoredTable(context, this.#parts)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, Change<V>>): Awaitable<void> {
    const { key, value, timestampMs } = record
    if (key === null) {
      context.recordDropped('null-key')
      return
    }
    const before = this.#parts.sendOldValues ? (this.#table.get(key)?.value ?? null) : null
    return this.#table.update(new Change(value, before), timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table.flush()
  }
}
