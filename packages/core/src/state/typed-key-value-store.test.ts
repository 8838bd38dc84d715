import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Serde } from '../serde/serde.ts'
import { serdes } from '../serde/serdes.ts'
import type { KeyValueStore, TimestampedKeyValueStore } from './key-value-store.ts'
import { inMemory } from './memory-state-backend.ts'
import { createPlainKeyValueStore } from './plain-key-value-store.ts'
import type { TaskState } from './state-backend.ts'
import { createTimestampedKeyValueStore, valueAndTimestamp } from './timestamped-key-value-store.ts'
import { TransactionBuffer } from './transaction-buffer.ts'

interface Bed<V> {
  readonly rows: TimestampedKeyValueStore<string, V>
  readonly plain: KeyValueStore<string, V>
  readonly buffer: TransactionBuffer
  readonly commit: () => void
}

function openState(): TaskState {
  const state = inMemory().open({ taskId: '0_0', stores: ['rows', 'plain'], directory: '' })
  if ('then' in state) throw new TypeError('memory opens at once')
  return state
}

function open<V>(value: Serde<V>): Bed<V> {
  const state = openState()
  const [rows, plain] = ['rows', 'plain'].map((name) => {
    const buffer = new TransactionBuffer(name, state.entries(name))
    return { buffer, changelogTopic: 'changelog', currentTimestampMs: () => 5 }
  })
  assert.ok(rows !== undefined && plain !== undefined)
  const parts = { key: serdes.string, value, keysAreWhole: true }
  return {
    rows: createTimestampedKeyValueStore({ ...parts, name: 'rows', environment: rows }),
    plain: createPlainKeyValueStore({ ...parts, name: 'plain', environment: plain }),
    buffer: rows.buffer,
    commit() {
      void state.apply([rows.buffer.batch(), plain.buffer.batch()], new Map())
      rows.buffer.clear()
      plain.buffer.clear()
    },
  }
}

test('a value that its serde refuses is refused when it is put, and the row stays', () => {
  const { rows, plain } = open(serdes.long)
  rows.put('a', valueAndTimestamp(1, 10))
  plain.put('a', 1)
  assert.throws(() => {
    rows.put('a', valueAndTimestamp(1.5, 11))
  }, TypeError)
  assert.throws(() => {
    plain.put('a', 2 ** 53)
  }, TypeError)
  assert.deepEqual(rows.get('a'), { value: 1, timestampMs: 10, headers: [] })
  assert.equal(plain.get('a'), 1)
})

test('a value reads the same before a commit as after it', () => {
  const { plain, commit } = open(serdes.long)
  plain.put('zero', -0)
  assert.ok(Object.is(plain.get('zero'), 0))
  commit()
  assert.ok(Object.is(plain.get('zero'), 0))
})

test('a row that was read or put can be changed without changing the store', () => {
  const { rows } = open(serdes.long)
  const given = { value: 1, timestampMs: 10, headers: [] }
  rows.put('a', given)
  given.value = 2
  const read = rows.get('a') as typeof given // the type says read-only; JavaScript does not
  read.value = 3
  assert.equal(rows.get('a')?.value, 1)
})

test('an object is stored as it was when it was put', () => {
  const { plain } = open(serdes.json<number[]>())
  const list = [1]
  plain.put('a', list)
  list.push(2)
  plain.get('a')?.push(3)
  assert.deepEqual(plain.get('a'), [1])
})

test('an iteration sees the rows as they were, whatever is put while it goes on', () => {
  const { plain, commit } = open(serdes.long)
  plain.put('a', 1)
  commit()
  plain.put('b', 2)
  const view = plain.all()
  plain.put('a', 10)
  plain.put('b', 20)
  plain.put('c', 30)
  assert.deepEqual(
    [...view],
    [
      ['a', 1],
      ['b', 2],
    ],
  )
  const second = plain.reverseAll()
  plain.put('c', 40)
  assert.deepEqual(
    [...second],
    [
      ['c', 30],
      ['b', 20],
      ['a', 10],
    ],
  )
})

test('a savepoint brings values, times and deletes back', () => {
  const { rows, buffer } = open(serdes.string)
  rows.put('a', valueAndTimestamp('1', 10))
  rows.put('b', valueAndTimestamp('1', 10))
  rows.delete('b')
  const bytes = buffer.dirtyBytes
  buffer.setSavepoint()
  rows.put('a', valueAndTimestamp('2', 20))
  rows.put('a', valueAndTimestamp('3', 30))
  rows.put('b', valueAndTimestamp('4', 40))
  rows.put('c', valueAndTimestamp('5', 50))
  buffer.rollbackToSavepoint()
  assert.deepEqual(rows.get('a'), { value: '1', timestampMs: 10, headers: [] })
  assert.equal(rows.get('b'), null)
  assert.equal(rows.get('c'), null)
  assert.equal(buffer.dirtyBytes, bytes)
})

test('a text is one key, however it is written', () => {
  const { plain, commit } = open(serdes.long)
  for (const key of ['a', 'ä', '€', '\ud83d\ude00', 'ÿ', '']) {
    plain.put(key, 1)
    assert.equal(plain.get(key), 1)
    commit()
    assert.equal(plain.get(key), 1)
    plain.put(key, 2)
    assert.deepEqual([...plain.range(key, key)], [[key, 2]])
    plain.delete(key)
    assert.equal(plain.get(key), null)
  }
})

test('entries of the buffer have the bytes of the last put, in the order of the first ones', () => {
  const { rows, buffer } = open(serdes.long)
  rows.put('b', valueAndTimestamp(1, 10))
  rows.put('a', valueAndTimestamp(2, 20))
  rows.put('b', valueAndTimestamp(3, 30))
  const entries = [...buffer.dirtyEntries()].map(({ key, value, timestampMs }) => ({
    key: Buffer.from(key).toString(),
    value: Buffer.from(value ?? []).toString('hex'),
    timestampMs,
  }))
  assert.deepEqual(entries, [
    { key: 'b', value: '00000000000000001e0000000000000003', timestampMs: 30 },
    { key: 'a', value: '0000000000000000140000000000000002', timestampMs: 20 },
  ])
})

test('the buffer counts the bytes of the last put of a key', () => {
  const { rows, buffer } = open(serdes.string)
  rows.put('a', valueAndTimestamp('1', 10))
  const bytes = buffer.dirtyBytes
  rows.put('a', valueAndTimestamp('1'.repeat(1000), 10))
  assert.equal(buffer.dirtyBytes, bytes + 999)
  rows.put('a', valueAndTimestamp('2', 10))
  assert.equal(buffer.dirtyBytes, bytes)
})
