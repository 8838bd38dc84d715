import type { Duration } from '../base/duration.ts'
import { serdes } from '../serde/serdes.ts'
import type { Serde } from '../serde/serde.ts'
import type { StoredFormSerde } from '../serde/stored-form.ts'
import type { DroppedOptions } from './dropped-stream.ts'
import {
  type Columns,
  type IfSubtractable,
  type InputOf,
  type Row,
  RowAggregate,
  type StoredRow,
} from './operators/row-aggregate.ts'
import type { WindowedTableOptions } from './window-store-options.ts'

/** Options of `agg`: those of the aggregation that it is given to. */
export interface AggOptions<K, V, C>
  extends Omit<WindowedTableOptions<K, never>, 'value' | 'retention'>, DroppedOptions<K, V> {
  /** Of windows: see `WindowedTableOptions`. */
  readonly retention?: Duration
  /**
   * Of the stored row, which for `avg` has sum and count. What follows the table has JSON of what the row shows
   * if that is another thing. @defaultValue JSON
   */
  readonly value?: Serde<StoredRow<C>>
}

/** Several aggregates as one, for every `aggregate` there is; made by {@link agg}. */
export type Agg<K, V, C> = Omit<AggOptions<K, V, C>, 'value' | 'key' | 'dropped'> & {
  readonly value: Serde<Row<C>>
  /** An aggregate of nothing. */
  readonly init: () => Row<C>
  /** The aggregate with a record more. */
  readonly add: (key: K, value: V, row: Row<C>) => Row<C>
  /** The aggregate of two sessions that became one. */
  readonly merge: (key: K, row: Row<C>, later: Row<C>) => Row<C>
  /** The aggregate with a row more. */
  readonly adder: (key: K, value: V, row: Row<C>) => Row<C>
  /** An aggregator that changes these columns only: for a cogroup, in which each stream has its own. */
  readonly into: <N extends keyof C & string>(
    ...columns: readonly N[]
  ) => (key: unknown, value: InputOf<Pick<C, N>>, row: Row<C>) => Row<C>
} & IfSubtractable<
    C,
    {
      /** The aggregate with a row less. */
      readonly subtractor: (key: K, value: V, row: Row<C>) => Row<C>
    }
  >

/**
 * Several aggregates in one step: one table with a column each, in one store, with one changelog record for a change.
 *
 * ```ts
 * grouped.aggregate(agg({ n: count(), total: sum((order) => order.price), last: latest() }, { store: 'orders' }))
 * ```
 *
 * For grouped, windowed and cogrouped streams; and for grouped tables, if each column has a `subtract`. Columns
 * are made by `count`, `sum`, `avg`, `min`, `max`, `first`, `latest` and `collect`, or are of your own
 * ({@link ColumnAggregate}). A null value, which some windows let through, is counted and otherwise ignored.
 *
 * Rows are stored as JSON: numbers that JSON does not have, as infinity, do not survive. A column that is added later
 * begins with what comes then.
 *
 * Outside of a call of `aggregate` say the types: `sum((order: Order) => order.price)`, `latest<Order>()`.
 */
export function agg<K, V, const C extends Columns<V>>(
  columns: C,
  options?: AggOptions<K, V, NoInfer<C>>,
): Agg<K, V, C>
export function agg<const C extends Columns<never>>(
  columns: C,
  options?: AggOptions<unknown, InputOf<C>, NoInfer<C>>,
): Agg<unknown, InputOf<C>, C>
export function agg<C extends Columns<never>>(
  columns: C,
  options: AggOptions<unknown, unknown, C> = {},
): object {
  const aggregate = new RowAggregate(columns)
  const add = (_key: unknown, value: unknown, row: object): object => aggregate.add(row, value)
  return {
    ...options,
    value: rowSerde(aggregate, options.value),
    init: () => aggregate.init(),
    add,
    merge: (_key: unknown, row: object, later: object) => aggregate.merge(row, later),
    adder: add,
    subtractor: (_key: unknown, value: unknown, row: object) => aggregate.subtract(row, value),
    into(...names: readonly string[]) {
      const taken = new Set(names)
      return (_key: unknown, value: unknown, row: object) => aggregate.add(row, value, taken)
    },
  }
}

type Stored = Readonly<Record<string, unknown>>

/** Stores what the columns need; what follows sees what the row shows. */
function rowSerde(aggregate: RowAggregate, given: Serde<Stored> | undefined): Serde<object> {
  const stored = given ?? serdes.json<Stored>()
  const storedForm: Serde<object> = {
    serialize: (row, topic) => stored.serialize(aggregate.statesOf(row), topic),
    deserialize: (bytes, topic) => aggregate.rowOfStored(stored.deserialize(bytes, topic)),
  }
  if (!aggregate.hasResults) return storedForm
  const shown: StoredFormSerde<object> = { ...serdes.json<object>(), storedForm }
  return shown
}
