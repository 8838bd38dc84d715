import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { Predicate } from './filter.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'

export interface TableFilterParts<K, V> {
  readonly keep: Predicate<K, V>
  /** Undefined: the result is a view of its parent. */
  readonly store: TableStoreBuilder<K, V> | undefined
  readonly sendOldValues: boolean
  /** True: the table above is versioned, and each of its updates goes on, tombstones too. */
  readonly isVersioned: boolean
}

/**
 * Keeps the rows that `keep` holds for; a row that no longer passes becomes a tombstone.
 *
 * The predicate is not asked about a deleted row. Where old values are known, a change from no row
 * to no row is left out; otherwise a tombstone goes out for it. Of a versioned table it is never left out: it
 * may be the end of an older version (Kafka Streams: `KTableFilter`).
 */
export function tableFilter<K, V>(
  parts: TableFilterParts<K, V>,
): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return () => new TableFilter(parts)
}

/** The view: the parent's row, if it passes. */
export function filterView<K, V>(
  parent: ValueGetterSupplier<K, V>,
  keep: Predicate<K, V>,
): ValueGetterSupplier<K, V> {
  return {
    storeNames: parent.storeNames,
    create(context, seen) {
      const rows = parent.create(context, seen)
      return {
        isVersioned: rows.isVersioned ?? false,
        get(key, asOfMs) {
          const row = rows.get(key, asOfMs)
          return row !== null && keep(key, row.value) ? row : null
        },
      }
    },
  }
}

class TableFilter<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #parts: TableFilterParts<K, V>
  /** Undefined: the result is a view. */
  #table: StoredTable<K, V> | undefined

  constructor(parts: TableFilterParts<K, V>) {
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
    const { key, value: change } = record
    const after = this.#passing(key, change.newValue)
    const { sendOldValues, isVersioned } = this.#parts
    const before = sendOldValues ? this.#before(key, change) : null
    if (sendOldValues && !isVersioned && before === null && after === null) return

    const out = new Change(after, before, change.isLatest)
    if (this.#table === undefined) return context.forward(record.withValue(out))
    return this.#table.update(out, record.timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table?.flush()
  }

  #before(key: K, change: Change<V>): V | null {
    if (this.#table === undefined) return this.#passing(key, change.oldValue)
    return this.#table.get(key)?.value ?? null
  }

  #passing(key: K, value: V | null): V | null {
    return value !== null && this.#parts.keep(key, value) ? value : null
  }
}
