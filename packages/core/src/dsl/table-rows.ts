import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { OperatorSettings } from '../topology/plan-node.ts'
import type { TableState } from './dsl.ts'

/** Reads the rows of a table that the operator has among its `uses`, as rows. */
export function rowsOf<K, V>(
  settings: OperatorSettings,
  table: TableState<K, V>,
): ValueGetterSupplier<K, V> {
  return settings.getter(table.node) as ValueGetterSupplier<K, V> // what the plan forgot, the state knows
}
