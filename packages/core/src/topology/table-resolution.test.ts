import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { valueAndTimestamp } from '../state/timestamped-key-value-store.ts'
import { CollectingContext } from '../processor/collect.testkit.ts'
import { keyValueRows } from '../processor/stored-rows.ts'
import type {
  OperatorSettings,
  PlanNode,
  ProcessorPlan,
  TableFacet,
  TablePlan,
  TableUse,
} from './plan-node.ts'
import { TableResolution } from './table-resolution.ts'

const builder = stores.timestampedKeyValue('rows', { key: serdes.string, value: serdes.long })
const rows = keyValueRows(builder)
const store = { builder, keySerde: serdes.string, valueSerde: serdes.long, rows }

const node = <T extends TableFacet | undefined>(
  name: string,
  table: T,
  uses: readonly TableUse[] = [],
): ProcessorPlan & { readonly table: T } => ({
  kind: 'processor',
  name,
  parents: [],
  operator: () => () => ({ process: () => undefined }),
  stores: [],
  uses,
  table,
  changes: 'nothing',
})

const source = (named: boolean): TablePlan => node('source', { kind: 'source', store, named })
const view = (parent: TablePlan, stored: boolean): TablePlan =>
  node(
    'view',
    { kind: 'derived', store: stored ? store : undefined, parent, view: (rows) => rows },
    [{ table: parent, wants: 'old-values-if-stored' }],
  )
const groupBy = (table: TablePlan): PlanNode =>
  node('group', undefined, [{ table, wants: 'old-values' }])

function resolve(...nodes: readonly PlanNode[]): readonly OperatorSettings[] {
  const tables = new TableResolution(nodes)
  return nodes.map((each) => tables.settings(each))
}

const shown = (settings: readonly OperatorSettings[]): readonly string[] =>
  settings.map(
    ({ isStored, sendsOldValues }) =>
      `${isStored ? 'stored' : 'view'}${sendsOldValues ? ' with old values' : ''}`,
  )

test('a source table is stored when it is named', () => {
  assert.deepEqual(shown(resolve(source(true))), ['stored'])
  assert.deepEqual(shown(resolve(source(false))), ['view'])
})

test('a filter has old values where the table above is stored anyway', () => {
  const named = source(true)
  const unnamed = source(false)

  assert.deepEqual(shown(resolve(named, view(named, false))), [
    'stored with old values',
    'view with old values',
  ])
  assert.deepEqual(shown(resolve(unnamed, view(unnamed, false))), ['view', 'view'])
})

test('grouping stores the source, and has every view between send old values', () => {
  const rows = source(false)
  const kept = view(rows, false)

  assert.deepEqual(shown(resolve(rows, kept, groupBy(kept))).slice(0, 2), [
    'stored with old values',
    'view with old values',
  ])
})

test('a stored view needs nothing from above', () => {
  const rows = source(false)
  const kept = view(rows, true)

  assert.deepEqual(shown(resolve(rows, kept, groupBy(kept))).slice(0, 2), [
    'view',
    'stored with old values',
  ])
})

test('a filter made before the table was stored stays without old values, as in Kafka Streams', () => {
  const rows = source(false)
  const kept = view(rows, false)

  assert.deepEqual(shown(resolve(rows, kept, groupBy(rows))).slice(0, 2), [
    'stored with old values',
    'view',
  ])
})

test('reading the rows of a view stores the source, and goes through the view', () => {
  const rows = source(false)
  const doubled = node('doubled', {
    kind: 'derived',
    store: undefined,
    parent: rows,
    view: (above) => ({
      storeNames: above.storeNames,
      create: (context) => ({ get: (key) => above.create(context).get(`${String(key)}!`) }),
    }),
  })
  const reader = node('join', undefined, [{ table: doubled, wants: 'rows' }])
  const settings = resolve(rows, doubled, reader)
  const getter = settings[2]?.getter(doubled)
  const context = new CollectingContext({ stores: [builder] })
  context.getStateStore(builder).put('a!', valueAndTimestamp(1, 5))

  assert.deepEqual(shown(settings).slice(0, 2), ['stored', 'view'])
  assert.deepEqual(getter?.storeNames, ['rows'])
  assert.deepEqual(getter.create(context).get('a'), valueAndTimestamp(1, 5))
})

test('views are versioned if what they are views of is, unless they are described by store options', () => {
  const versions: TablePlan = node('source', {
    kind: 'source',
    store: { ...store, isVersioned: true },
    named: true,
  })
  const derived = (parent: TablePlan, isVersioned?: boolean): TablePlan =>
    node('view', { kind: 'derived', store: undefined, parent, isVersioned, view: (of) => of })
  const joined = (left: TablePlan, right: TablePlan): TablePlan =>
    node('join', { kind: 'joined', store: undefined, left, right, view: (of) => of })
  const settings = new TableResolution([]).settings(versions)
  const isVersioned = (table: TablePlan): boolean => settings.isVersioned(table)

  assert.equal(isVersioned(versions), true)
  assert.equal(isVersioned(derived(derived(versions))), true)
  assert.equal(isVersioned(derived(versions, false)), false)
  assert.equal(isVersioned(view(versions, true)), false)
  assert.equal(isVersioned(joined(versions, versions)), false)
  assert.equal(isVersioned(source(true)), false)
})
