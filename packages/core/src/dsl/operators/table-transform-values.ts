import type { Awaitable } from '../../base/awaitable.ts'
import type {
  ProcessingContext,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../../processor/processor.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { contextWithoutRecord } from '../../processor/context-without-record.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'

/** Gives another value for each row of a table, and may read and write stores (Kafka Streams: `ValueTransformerWithKey`). */
export interface ValueTransformer<K, V, VR> {
  /** Called before the first row. */
  init?(context: ProcessingContext): void
  /**
   * Called for each change of a row, with null when it was deleted. A null that it gives deletes the row. Where
   * the table is a view it is called for old values too, and whenever the row is looked up, so it must then
   * give the same for the same row.
   */
  transform(value: V | null, key: K): VR | null
  /** Called when the task ends. */
  close?(): void
}

/** Makes one transformer a task, and for a view one more for each operator that looks rows up. */
export type ValueTransformerSupplier<K, V, VR> = () => ValueTransformer<K, V, VR>

export interface TableTransformValuesParts<K, V, VR> {
  readonly supplier: ValueTransformerSupplier<K, V, VR>
  /** Undefined: the result is a view of its parent. */
  readonly store: TableStoreBuilder<K, VR> | undefined
  readonly sendOldValues: boolean
}

/** Another value for each row, deleted ones included (Kafka Streams: `KTableTransformValues`). */
export function tableTransformValues<K, V, VR>(
  parts: TableTransformValuesParts<K, V, VR>,
): ProcessorSupplier<K, Change<V>, K, Change<VR>> {
  return () => new TableTransformValues(parts)
}

/**
 * The view: the transformed row of the parent, or what is made of there being none; then the timestamp is -1.
 *
 * @param storeNames of the transformer's own stores
 */
export function transformValuesView<K, V, VR>(
  parent: ValueGetterSupplier<K, V>,
  supplier: ValueTransformerSupplier<K, V, VR>,
  storeNames: readonly string[],
): ValueGetterSupplier<K, VR> {
  return {
    storeNames: [...new Set([...parent.storeNames, ...storeNames])],
    create(context, seen) {
      const rows = parent.create(context, seen)
      const transformer = supplier()
      // The record that is being processed is another one than that which made the row.
      transformer.init?.(contextWithoutRecord(context))
      return {
        isVersioned: rows.isVersioned ?? false,
        get(key, asOfMs) {
          const row = rows.get(key, asOfMs)
          const value = transformer.transform(row === null ? null : row.value, key)
          return value === null
            ? null
            : valueAndTimestamp(value, row?.timestampMs ?? -1, row?.headers)
        },
      }
    },
  }
}

class TableTransformValues<K, V, VR> implements Processor<K, Change<V>, K, Change<VR>> {
  readonly #parts: TableTransformValuesParts<K, V, VR>
  readonly #transformer: ValueTransformer<K, V, VR>
  /** Undefined: the result is a view. */
  #table: StoredTable<K, VR> | undefined

  constructor(parts: TableTransformValuesParts<K, V, VR>) {
    this.#parts = parts
    this.#transformer = parts.supplier()
  }

  init(context: ProcessorContext<K, Change<VR>>): void {
    this.#transformer.init?.(context)
    const { store, sendOldValues } = this.#parts
    if (store !== undefined) this.#table = new StoredTable(context, { store, sendOldValues })
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<VR>>,
  ): Awaitable<void> {
    const { key, value: change } = record
    const after = this.#transformer.transform(change.newValue, key)
    const before = this.#parts.sendOldValues ? this.#before(key, change) : null
    const out = new Change(after, before, change.isLatest)
    if (this.#table === undefined) return context.forward(record.withValue(out))
    return this.#table.update(out, record.timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table?.flush()
  }

  close(): void {
    this.#transformer.close?.()
  }

  #before(key: K, change: Change<V>): VR | null {
    if (this.#table === undefined) return this.#transformer.transform(change.oldValue, key)
    return this.#table.get(key)?.value ?? null
  }
}
