import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { record, runProcessor } from '../../processor/collect.testkit.ts'
import { versionedRows } from '../../processor/stored-rows.ts'
import { Change } from '../../record/change.ts'
import { serdes } from '../../serde/serdes.ts'
import { stores } from '../../state/stores.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import { tableSource } from './table-source.ts'
import { toStream } from './to-stream.ts'

type Text = string | null

const store = stores.timestampedKeyValue<Text, Text>('rows', {
  key: serdes.nullable(serdes.string),
  value: serdes.nullable(serdes.string),
})
const input = [
  record<Text, Text>('a', '1', 10),
  record('a', '1', 5),
  record('a', null, 20),
  record(null, '2', 30),
]

test('a table that is not stored forwards changes without old values', async () => {
  const source = tableSource<Text, Text>({ store: undefined, sendOldValues: false })
  const { context } = await runProcessor(source, input)

  assert.deepEqual(context.forwarded, [
    record('a', new Change('1', null), 10),
    record('a', new Change('1', null), 5),
    record('a', new Change(null, null), 20),
  ])
  assert.deepEqual(context.dropped, ['null-key'])
})

test('a stored table sends old values, an equal value again, and applies an older record', async () => {
  const source = tableSource<Text, Text>({ store, sendOldValues: true })
  const { context } = await runProcessor(source, input.slice(0, 2), { stores: [store] })

  assert.deepEqual(context.forwarded, [
    record('a', new Change('1', null), 10),
    record('a', new Change('1', '1'), 5),
  ])
  assert.equal(context.getStateStore(store).get('a')?.timestampMs, 5)
})

test('a null value deletes the row', async () => {
  const source = tableSource<Text, Text>({ store, sendOldValues: false })
  const { context } = await runProcessor(source, input, { stores: [store] })

  assert.deepEqual(context.forwarded[2], record('a', new Change(null, null), 20))
  assert.equal(context.getStateStore(store).get('a'), null)
})

test('toStream gives the new values, null for a deleted row', async () => {
  const changes = [record('a', new Change('1', '0')), record('a', new Change<string>(null, '1'))]
  const { context } = await runProcessor(toStream<string, string>(), changes)

  assert.deepEqual(context.forwarded, [record('a', '1'), record('a', null)])
})

describe('a versioned table', () => {
  const versions = stores.versionedKeyValue<Text, Text>('versions', {
    key: serdes.nullable(serdes.string),
    value: serdes.nullable(serdes.string),
    historyRetention: 100,
  })
  const updates = [
    record<Text, Text>('a', '1', 10),
    record('a', '2', 30, [{ key: 'h', value: null }]),
    record('a', 'between', 20),
    record('a', null, 25),
    record('b', '3', 200),
    record('a', 'too old', 99),
  ]

  test('forwards an update that is older than the latest as such, and drops one beyond the history', async () => {
    const source = tableSource<Text, Text>({ store: versions, sendOldValues: true })
    const { context } = await runProcessor(source, updates, { stores: [versions] })

    assert.deepEqual(context.forwarded, [
      record('a', new Change('1', null), 10),
      record('a', new Change('2', '1'), 30, [{ key: 'h', value: null }]),
      record('a', new Change('between', '2', false), 20),
      record('a', new Change(null, '2', false), 25),
      record('b', new Change('3', null), 200),
    ])
    assert.deepEqual(context.dropped, ['expired-version'])
  })

  test('forwards no old values when nobody asked for them', async () => {
    const source = tableSource<Text, Text>({ store: versions, sendOldValues: false })
    const { context } = await runProcessor(source, updates.slice(0, 3), { stores: [versions] })

    assert.deepEqual(context.forwarded[2]?.value, new Change('between', null, false))
  })

  test('can be read as of a time, and has no headers', async () => {
    const source = tableSource<Text, Text>({ store: versions, sendOldValues: false })
    const { context } = await runProcessor(source, updates.slice(0, 4), { stores: [versions] })
    const rows = versionedRows(versions).create(context)

    assert.equal(rows.isVersioned, true)
    assert.deepEqual(rows.get('a'), valueAndTimestamp('2', 30))
    assert.deepEqual(rows.get('a', 22), valueAndTimestamp('between', 20))
    assert.equal(rows.get('a', 27), null)
    assert.equal(rows.get('a', 9), null)
    assert.deepEqual(versionedRows(versions).storeNames, ['versions'])
  })
})
