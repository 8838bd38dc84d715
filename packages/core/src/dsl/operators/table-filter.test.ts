import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectingContext, record, runProcessor } from '../../processor/collect.testkit.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import { serdes } from '../../serde/serdes.ts'
import { stores } from '../../state/stores.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import { filterView, tableFilter } from './table-filter.ts'
import { mapValuesView, tableMapValues } from './table-map-values.ts'

const store = stores.timestampedKeyValue('kept', { key: serdes.string, value: serdes.long })
const texts = stores.timestampedKeyValue('texts', { key: serdes.string, value: serdes.string })
const keep = (_key: string, value: number): boolean => value > 10
const change = (after: number | null, before: number | null = null): Change<number> =>
  new Change(after, before)

test('a row that does not pass becomes a tombstone where old values are unknown', async () => {
  const filter = tableFilter({ keep, store: undefined, sendOldValues: false, isVersioned: false })
  const input = [record('a', change(20)), record('a', change(5)), record('b', change(5))]
  const { context } = await runProcessor(filter, input)

  assert.deepEqual(context.forwarded, [
    record('a', change(20)),
    record('a', change(null)),
    record('b', change(null)),
  ])
})

test('a change from no row to no row is left out where old values are known', async () => {
  const filter = tableFilter({ keep, store: undefined, sendOldValues: true, isVersioned: false })
  const input = [record('a', change(5, 3)), record('a', change(20, 5)), record('a', change(5, 20))]
  const { context } = await runProcessor(filter, input)

  assert.deepEqual(context.forwarded, [
    record('a', change(20, null)),
    record('a', change(null, 20)),
  ])
})

test('of a versioned table no change is left out, not even one from no row to no row', async () => {
  const filter = tableFilter({ keep, store: undefined, sendOldValues: true, isVersioned: true })
  const older = new Change<number>(5, 3, false)
  const { context } = await runProcessor(filter, [record('a', older)])

  assert.deepEqual(context.forwarded, [record('a', new Change<number>(null, null, false))])
})

test('a plain store takes an older version of the table above for the latest row, as in Kafka Streams', async () => {
  const filter = tableFilter({ keep, store, sendOldValues: true, isVersioned: true })
  const older = new Change<number>(20, 30, false)
  const { context } = await runProcessor(filter, [record('a', older)], { stores: [store] })

  assert.deepEqual(context.forwarded, [record('a', change(20))])
})

test('a stored filter keeps what passes, and takes old values from its own store', async () => {
  const filter = tableFilter({ keep, store, sendOldValues: true, isVersioned: false })
  const input = [record('a', change(20), 3), record('a', change(30), 4), record('a', change(5), 5)]
  const { context } = await runProcessor(filter, input, { stores: [store] })

  assert.deepEqual(context.forwarded, [
    record('a', change(20, null), 3),
    record('a', change(30, 20), 4),
    record('a', change(null, 30), 5),
  ])
  assert.equal(context.getStateStore(store).get('a'), null)
})

test('mapValues maps new and old values and does not ask about deleted rows', async () => {
  const mapper = (value: number, key: string): string => key + String(value)
  const map = tableMapValues({ mapper, store: undefined, sendOldValues: true })
  const { context } = await runProcessor(map, [
    record('a', change(2, 1)),
    record('a', change(null, 2)),
  ])

  assert.deepEqual(context.forwarded, [
    record('a', new Change('a2', 'a1')),
    record('a', new Change<string>(null, 'a2')),
  ])
})

test('a stored mapValues keeps the mapped value, and takes old values from its own store', async () => {
  const mapper = (value: number): string => String(value)
  const map = tableMapValues({ mapper, store: texts, sendOldValues: true })
  const input = [record('a', change(1), 3), record('a', change(2), 4)]
  const { context } = await runProcessor(map, input, { stores: [texts] })

  assert.deepEqual(context.forwarded[1], record('a', new Change('2', '1'), 4))
  assert.deepEqual(context.getStateStore(texts).get('a'), valueAndTimestamp('2', 4))
})

test('the getters of views give what a store of the same table would hold', () => {
  const rows: ValueGetterSupplier<string, number> = {
    storeNames: ['rows'],
    create: () => ({ get: (key) => (key === 'none' ? null : valueAndTimestamp(Number(key), 9)) }),
  }
  const filtered = filterView(rows, keep)
  const mapped = mapValuesView(filtered, (value) => (value === 13 ? null : `<${value}>`))
  const getter = mapped.create(new CollectingContext({}))

  assert.deepEqual(mapped.storeNames, ['rows'])
  assert.deepEqual(getter.get('20'), valueAndTimestamp('<20>', 9))
  assert.equal(getter.get('5'), null)
  assert.equal(getter.get('13'), null)
  assert.equal(getter.get('none'), null)
})
