import type { TableJoinPlan, TableJoinSidePlan, TablePlan } from '../topology/plan-node.ts'
import { type DroppedOptions, tellDropped } from './dropped-stream.ts'
import { type Dsl, serdeOf, type TableState } from './dsl.ts'
import type { KTable } from './ktable.ts'
import {
  joinView,
  type RequiredSides,
  type RowJoiner,
  tableJoinSide,
  type TableJoinSideParts,
} from './operators/table-join.ts'
import { tableJoinMerge } from './operators/table-join-merge.ts'
import { rowsOf } from './table-rows.ts'
import { saysMaterialized, tableStore, type TableStoreOptions } from './store-options.ts'

/**
 * Options of a join of two tables with the same keys. With any of them but `name` the result is stored, under a
 * generated name if `store` gives none (Kafka Streams: a `Materialized`); else it is a view of the two tables.
 */
export interface TableJoinOptions<K, V> extends TableStoreOptions<K, V> {
  /** Joins by a foreign key are given another set of options. */
  readonly foreignKey?: undefined
}

export interface TableJoinParts<K, VL, VR, R> {
  readonly joiner: RowJoiner<K, VL, VR, R>
  readonly required: RequiredSides
  readonly options: TableJoinOptions<K, R> & DroppedOptions<K, VL | VR>
}

const MERGE = 'KTABLE-MERGE-'

/** `KTable.join`, `leftJoin` and `outerJoin`: numbers are used up for the store, the merge and the two sides. */
export function joinTables<K, VL, VR, R>(
  dsl: Dsl,
  left: TableState<K, VL>,
  right: TableState<K, VR>,
  { joiner, required, options }: TableJoinParts<K, VL, VR, R>,
): KTable<K, R> {
  const { plan } = dsl
  const { key = left.key, name } = options
  const value = serdeOf(dsl, 'value', options.value)
  const generated =
    options.store === undefined && saysMaterialized(options) ? plan.newStoreName(MERGE) : undefined
  const storeName = options.store ?? generated
  const store = storeName === undefined ? undefined : tableStore(storeName, { key, value }, options)
  const mergeName = plan.nameOr(name, MERGE)
  const sideName = (suffix: string, prefix: string): string =>
    plan.nameOr(name === undefined ? undefined : name + suffix, prefix)
  const sources = new Set([...left.sources, ...right.sources])
  plan.copartition([...sources])

  const node = plan.append<TableJoinPlan>({
    kind: 'table-join',
    name: mergeName,
    parents: [left.node, right.node],
    left: {
      name: sideName('-join-this', 'KTABLE-JOINTHIS-'),
      ...sideOf(left, right, {
        joiner,
        isOwnRequired: required.left,
        isOtherRequired: required.right,
      }),
    },
    right: {
      name: sideName('-join-other', 'KTABLE-JOINOTHER-'),
      ...sideOf<K, VR, VL, R>(right, left, {
        joiner: (own, other, k) => joiner(other, own, k),
        isOwnRequired: required.right,
        isOtherRequired: required.left,
      }),
    },
    merge: ({ sendsOldValues }) =>
      tableJoinMerge<K, R>({ store: store?.builder, sendOldValues: sendsOldValues }),
    uses: usesOf(left.node, right.node, required),
    table: {
      kind: 'joined',
      store,
      left: left.node,
      right: right.node,
      view: (lefts, rights) =>
        joinView(lefts, rights, {
          joiner: (l, r, k) => joiner(l as VL | null, r as VR | null, k as K), // rows of these tables
          required,
        }),
    },
  })
  const by = [[node.left.name], [node.right.name]]
  tellDropped(dsl, options, { node, by, key: left.key, sources })
  return dsl.table({ node, key, value, sources, queryableStoreName: options.store })
}

function sideOf<K, V, VO, R>(
  table: TableState<K, V>,
  other: TableState<K, VO>,
  parts: Pick<TableJoinSideParts<K, V, VO, R>, 'joiner' | 'isOwnRequired' | 'isOtherRequired'>,
): Pick<TableJoinSidePlan, 'table' | 'operator'> {
  return {
    table: table.node,
    operator: (settings) =>
      tableJoinSide({
        ...parts,
        other: rowsOf(settings, other),
        sendOldValues: settings.sendsOldValues,
        isVersioned: settings.isVersioned(table.node),
      }),
  }
}

/** A side that need not be matched says when it had no row: only with old values is that known. */
function usesOf(left: TablePlan, right: TablePlan, required: RequiredSides): TableJoinPlan['uses'] {
  return [
    ...(required.right ? [] : [{ table: left, wants: 'old-values' } as const]),
    ...(required.left ? [] : [{ table: right, wants: 'old-values' } as const]),
    { table: left, wants: 'rows' },
    { table: right, wants: 'rows' },
  ]
}
