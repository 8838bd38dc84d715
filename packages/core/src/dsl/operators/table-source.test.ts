import assert from 'node:assert/strict'
import { test } from 'node:test'
import { record, runProcessor } from '../../processor/collect.testkit.ts'
import { Change } from '../../record/change.ts'
import { serdes } from '../../serde/serdes.ts'
import { stores } from '../../state/stores.ts'
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
