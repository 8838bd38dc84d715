import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStores } from '../processor/collect.testkit.ts'
import { serdes } from '../serde/serdes.ts'
import type { KeyValueStore } from './key-value-store.ts'
import { readOnlyStore } from './read-only-store.ts'
import type { SessionStore } from './session-store.ts'
import { stores } from './stores.ts'

const text = { key: serdes.string, value: serdes.string }
const opened = openStores(
  [stores.keyValue('values', text), stores.session('sessions', { ...text, retention: '1 hour' })],
  () => 0,
)
const values = opened.get('values') as KeyValueStore<string, string>
const sessions = opened.get('sessions') as SessionStore<string, string>

test('a read-only store reads what its store has, also what comes later', () => {
  const view = readOnlyStore(values) as KeyValueStore<string, string>
  values.put('a', '1')
  values.put('b', '2')

  assert.equal(view.name, 'values')
  assert.equal(view.get('a'), '1')
  assert.deepEqual(
    [...view.all()],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  )
})

test('none of its writes works, of no kind of store', () => {
  const view = readOnlyStore(values) as KeyValueStore<string, string>
  const refused = /^TypeError: the global store values is written by its own processor only$/
  assert.throws(() => {
    view.put('a', '3')
  }, refused)
  assert.throws(() => view.putIfAbsent('a', '3'), refused)
  assert.throws(() => view.delete('a'), refused)
  const windows = readOnlyStore(sessions) as SessionStore<string, string>
  const session = { key: 'a', window: { startMs: 0, endMs: 1 } }
  assert.throws(() => {
    windows.put(session, 'x')
  }, TypeError)
  assert.throws(() => {
    windows.remove(session)
  }, TypeError)
  assert.equal(values.get('a'), '1')
})
