import type { StoreBuilder } from '../state/store-builder.ts'
import type { Dsl, TableState } from './dsl.ts'
import { deriveTable } from './derive-table.ts'
import type { KTable } from './ktable.ts'
import {
  tableTransformValues,
  transformValuesView,
  type ValueTransformerSupplier,
} from './operators/table-transform-values.ts'
import type { TableStoreOptions } from './store-options.ts'

/** Options of `KTable.transformValues`. */
export interface TableTransformOptions<K, VR> extends TableStoreOptions<K, VR> {
  /** Stores that the transformer reads or writes: builders, or names given to `addStateStore`. */
  readonly stores?: readonly (StoreBuilder | string)[]
}

/** `KTable.transformValues`. */
export function transformTableValues<K, V, VR>(
  dsl: Dsl,
  state: TableState<K, V>,
  supplier: ValueTransformerSupplier<K, V, VR>,
  options: TableTransformOptions<K, VR>,
): KTable<K, VR> {
  const { stores = [] } = options
  const storeNames = stores.map((store) => (typeof store === 'string' ? store : store.name))
  return deriveTable<K, V, VR>(dsl, state, {
    prefix: 'KTABLE-TRANSFORMVALUES-',
    options,
    value: options.value,
    stores,
    savesNumbers: true,
    operator: (store, { sendsOldValues }) =>
      tableTransformValues({ supplier, store, sendOldValues: sendsOldValues }),
    view: (parent) =>
      // Rows of this table; the transformer is asked for no others.
      transformValuesView(
        parent,
        supplier as ValueTransformerSupplier<unknown, unknown, VR>,
        storeNames,
      ),
  })
}
