import type {
  Operator,
  OperatorSettings,
  ProcessorPlan,
  TableFacet,
  TableUse,
  ViewSupplier,
} from '../topology/plan-node.ts'
import { type Dsl, serdeOf, type SerdeOptions, type TableState } from './dsl.ts'
import type { KTable } from './ktable.ts'
import type { TableStoreBuilder } from './operators/stored-table.ts'
import { saysMaterialized, tableStore, type TableStoreOptions } from './store-options.ts'

export interface Derivation<K, VR> {
  readonly prefix: string
  readonly options: TableStoreOptions<K, VR>
  readonly value: SerdeOptions<K, VR>['value'] | undefined
  readonly uses?: readonly TableUse[]
  /** Stores of the user. */
  readonly stores?: ProcessorPlan['stores']
  /** True where Kafka Streams uses up no number for a store that it does not make. @defaultValue false */
  readonly savesNumbers?: boolean
  readonly operator: (
    store: TableStoreBuilder<K, VR> | undefined,
    settings: OperatorSettings,
  ) => ReturnType<Operator>
  readonly view: (parent: ViewSupplier) => ViewSupplier
}

/** A table that is computed from one other, row by row: a view of it, or stored where the options say so. */
export function deriveTable<K, V, VR>(
  dsl: Dsl,
  state: TableState<K, V>,
  derivation: Derivation<K, VR>,
): KTable<K, VR> {
  const { plan } = dsl
  const { prefix, options, operator, view, stores = [], uses = [] } = derivation
  const value = serdeOf(dsl, 'value', derivation.value)
  const { key = state.key } = options
  const isMaterialized = saysMaterialized(options)
  const isNumbered = isMaterialized && derivation.savesNumbers !== true
  // Kafka Streams uses up a number for a store that it does not make, if there is a Materialized.
  const generated =
    options.store === undefined && isNumbered ? plan.newStoreName(prefix) : undefined
  const name = plan.nameOr(options.name, prefix)
  const storeName =
    options.store ??
    (options.versioned === undefined ? undefined : (generated ?? plan.newStoreName(prefix)))
  const store = storeName === undefined ? undefined : tableStore(storeName, { key, value }, options)
  const isVersioned = isMaterialized ? options.versioned !== undefined : undefined
  const node = plan.append<ProcessorPlan & { readonly table: TableFacet }>({
    kind: 'processor',
    name,
    parents: [state.node],
    operator: (settings) => operator(store?.builder, settings),
    stores,
    uses,
    table: { kind: 'derived', store, parent: state.node, isVersioned, view },
    changes: 'nothing',
  })
  return dsl.table({
    node,
    key,
    value,
    sources: state.sources,
    queryableStoreName: options.store,
  })
}
