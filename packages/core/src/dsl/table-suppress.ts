import { MillraceError } from '../errors/millrace-error.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import { suppressBuffer } from '../state/suppress-buffer.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { ProcessorPlan, TableFacet, ViewSupplier } from '../topology/plan-node.ts'
import { isVersioned } from '../topology/table-resolution.ts'
import { windowGraceMs, windowSpanMs } from '../topology/window-grace.ts'
import type { Dsl, NamedOptions, SerdeOptions, TableState } from './dsl.ts'
import type { KTable } from './ktable.ts'
import { suppressView, tableSuppress } from './operators/table-suppress.ts'
import type { Suppressed } from './suppressed.ts'

/** Options of `KTable.suppress`. The serdes are those of the buffer, for a table that has none of its own. */
export interface SuppressOptions<K, V> extends NamedOptions, SerdeOptions<K, V> {
  /** Also names the store: `<name>-store`. */
  readonly name?: string
}

const PREFIX = 'KTABLE-SUPPRESS-'

/**
 * `KTable.suppress`: a name that is given uses up no number, and names the store too; otherwise one is used up
 * for the operator and one for the store.
 *
 * The sources are those of the table above. Kafka Streams loses them here, so that it does not check what a
 * join with a suppressed table has to be co-partitioned with.
 */
export function suppressTable<K, V>(
  dsl: Dsl,
  table: TableState<K, V>,
  suppressed: Suppressed<K>,
  options: SuppressOptions<K, V>,
): KTable<K, V> {
  const { plan } = dsl
  const { node: parent, sources } = table
  const { key = table.key, value = table.value } = options
  if (isVersioned(parent)) {
    throw new MillraceError('MR_TOPOLOGY', `suppress: the table ${parent.name} is versioned`, {
      hint: 'Keep the table, and those that it is a view of, without `versioned`.',
    })
  }
  const limitMs = suppressed.limitMs ?? windowGraceMs(parent)
  const name = options.name ?? plan.newName(PREFIX)
  const storeName = options.name === undefined ? plan.newStoreName(PREFIX) : `${options.name}-store`
  const keySerde = key ?? missingSerde
  const valueSerde = value ?? missingSerde
  const buffer = suppressBuffer<K, V>(storeName, {
    key: keySerde,
    value: valueSerde,
    ...suppressed.store,
  })
  const { timeOf, maxRecords, maxBytes, whenFull, kind } = suppressed
  const supplier = tableSuppress<K, V>({
    buffer,
    limitMs,
    timeOf,
    spanMs: suppressed.kind === 'time-limit' ? 0 : windowSpanMs(parent),
    maxRecords,
    maxBytes,
    whenFull,
    dropsTombstones: kind === 'window-closes',
  })
  const facet: TableFacet = {
    kind: 'derived',
    store: undefined,
    parent,
    isVersioned: false,
    // The rows are those of this table's parent.
    view: (rows: ViewSupplier) => suppressView(rows as ValueGetterSupplier<K, V>, buffer),
  }
  const node = plan.append<ProcessorPlan & { readonly table: TableFacet }>({
    kind: 'processor',
    name,
    parents: [parent],
    operator: () => supplier,
    stores: [],
    keeps: [{ builder: buffer, keySerde, valueSerde }],
    // What is in the buffer remembers the row before it.
    uses: [{ table: parent, wants: 'old-values' }],
    table: facet,
    changes: 'nothing',
  })
  return dsl.table({ node, key, value, sources, queryableStoreName: undefined })
}
