import type { ValueAndTimestamp } from '../state/key-value-store.ts'
import type { ProcessingContext } from './processor.ts'

/**
 * Reads the current row of a table by its key, in one task: from the table's own store, or for a
 * view (an unmaterialised `filter` or `mapValues`) computed from the store it is derived from.
 *
 * A view must give what a store of the same table would hold (Kafka Streams: `KTableValueGetter`).
 */
export interface ValueGetter<K, V> {
  /** True when rows have versions. @defaultValue false */
  readonly isVersioned?: boolean
  /**
   * Null when the table has no row for `key`.
   *
   * @param asOfMs the row that was valid at that time; to be given only when {@link isVersioned}, and passed on by a view
   */
  get(key: K, asOfMs?: number): ValueAndTimestamp<V> | null
}

/** Makes the getter of one task, and names the stores that its processor must be connected to. */
export interface ValueGetterSupplier<K, V> {
  readonly storeNames: readonly string[]
  create(context: ProcessingContext): ValueGetter<K, V>
}
