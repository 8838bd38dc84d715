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

/**
 * Which rows are read of a table whose updates are held back by a cache.
 * - `current`: with the updates, as the table's own operator sees them.
 * - `forwarded`: without, as what follows the table was told. For an operator that is told of each change of the
 *   table and reads its rows besides: together they must tell one story. If it saw an update before it is told,
 *   two joined rows that go in one commit would leave their result behind: each side finds the other one gone.
 */
export type RowsSeen = 'current' | 'forwarded'

/** Makes the getter of one task, and names the stores that its processor must be connected to. */
export interface ValueGetterSupplier<K, V> {
  readonly storeNames: readonly string[]
  /** @param seen to be passed on by a view. @defaultValue 'current' */
  create(context: ProcessingContext, seen?: RowsSeen): ValueGetter<K, V>
}
