import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import type { ValueMapper } from './map-values.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'

export interface TableMapValuesParts<K, V, VR> {
  readonly mapper: ValueMapper<K, V, VR>
  /** Undefined: the result is a view of its parent. */
  readonly store: TableStoreBuilder<K, VR> | undefined
  readonly sendOldValues: boolean
}

/**
 * Another value for each row. The mapper is not asked about a deleted row, which stays deleted; a
 * null from the mapper deletes the row too (Kafka Streams: `KTableMapValues`).
 */
export function tableMapValues<K, V, VR>(
  parts: TableMapValuesParts<K, V, VR>,
): ProcessorSupplier<K, Change<V>, K, Change<VR>> {
  return () => new TableMapValues(parts)
}

/** The view: the mapped value of the parent's row, with its timestamp and headers. */
export function mapValuesView<K, V, VR>(
  parent: ValueGetterSupplier<K, V>,
  mapper: ValueMapper<K, V, VR>,
): ValueGetterSupplier<K, VR> {
  return {
    storeNames: parent.storeNames,
    create(context, seen) {
      const rows = parent.create(context, seen)
      return {
        isVersioned: rows.isVersioned ?? false,
        get(key, asOfMs) {
          const row = rows.get(key, asOfMs)
          if (row === null) return null
          const value = mapper(row.value, key)
          return value === null ? null : valueAndTimestamp(value, row.timestampMs, row.headers)
        },
      }
    },
  }
}

class TableMapValues<K, V, VR> implements Processor<K, Change<V>, K, Change<VR>> {
  readonly #parts: TableMapValuesParts<K, V, VR>
  /** Undefined: the result is a view. */
  #table: StoredTable<K, VR> | undefined

  constructor(parts: TableMapValuesParts<K, V, VR>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<VR>>): void {
    const { store, sendOldValues } = this.#parts
    if (store !== undefined) this.#table = new StoredTable(context, { store, sendOldValues })
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<VR>>,
  ): Awaitable<void> {
    const { key, value: change } = record
    const after = this.#mapped(key, change.newValue)
    const before = this.#parts.sendOldValues ? this.#before(key, change) : null
    const out = new Change(after, before, change.isLatest)
    if (this.#table === undefined) return context.forward(record.withValue(out))
    return this.#table.update(out, record.timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table?.flush()
  }

  #before(key: K, change: Change<V>): VR | null {
    if (this.#table === undefined) return this.#mapped(key, change.oldValue)
    return this.#table.get(key)?.value ?? null
  }

  #mapped(key: K, value: V | null): VR | null {
    return value === null ? null : this.#parts.mapper(value, key)
  }
}
