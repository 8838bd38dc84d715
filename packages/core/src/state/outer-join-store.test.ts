import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { memoryBed, type StoreBed } from './store-bed.testkit.ts'
import { type OuterJoinStore, outerJoinStore } from './outer-join-store.ts'

const builder = outerJoinStore('waiting', {
  key: serdes.string,
  left: serdes.string,
  right: serdes.string,
})
const open = (): StoreBed<OuterJoinStore<string>> => memoryBed(builder)
const left = (timestampMs: number, key: string, value: string) =>
  ({ isLeft: true, timestampMs, key, value }) as const
const right = (timestampMs: number, key: string, value: string) =>
  ({ isLeft: false, timestampMs, key, value }) as const

test('records come by time, right ones first, then by key, and those of one key in the order of adding', () => {
  const { store } = open()
  const records = [left(7, 'b', '1'), left(7, 'a', '2'), left(5, 'z', '3'), right(7, 'c', '4')]
  for (const record of [...records, left(7, 'a', '5')]) store.add(record)

  assert.deepEqual(
    [...store.all()],
    [
      left(5, 'z', '3'),
      right(7, 'c', '4'),
      left(7, 'a', '2'),
      left(7, 'a', '5'),
      left(7, 'b', '1'),
    ],
  )
})

test('a match removes all records of that side, time and key, and no others', () => {
  const { store } = open()
  for (const record of [
    left(7, 'a', '1'),
    left(7, 'a', '2'),
    right(7, 'a', '3'),
    left(8, 'a', '4'),
  ])
    store.add(record)
  store.remove(7, true, 'a')
  store.remove(9, true, 'a')

  assert.deepEqual([...store.all()], [right(7, 'a', '3'), left(8, 'a', '4')])
})

/** What Kafka Streams 4.3.1 wrote to the changelog for these records. */
test('changelog records have the bytes of Kafka Streams', () => {
  const { store, changelog, commit, clock } = open()
  const taken = (): unknown => {
    const records = changelog()
    commit()
    return records
  }
  clock.timestampMs = 10
  store.add(left(10, 'k', 'one'))
  assert.deepEqual(taken(), ['000000000000000a016b 010000000100000004016f6e65 @10'])
  store.add(left(10, 'k', 'two'))
  assert.deepEqual(taken(), ['000000000000000a016b 010000000200000004016f6e65000000040174776f @10'])
  clock.timestampMs = 1_700_000_000_000
  store.remove(10, true, 'k')
  store.add(right(1_700_000_000_000, 'q', 'r1'))
  assert.deepEqual(taken(), [
    '000000000000000a016b null @1700000000000',
    '0000018bcfe568000071 010000000100000003007231 @1700000000000',
  ])
  store.add(left(1_700_000_000_003, '', 'e'))
  assert.deepEqual(taken(), ['0000018bcfe5680301 0100000001000000020165 @1700000000000'])
})

test('a record that comes and goes within one transaction leaves nothing in the changelog', () => {
  const { store, changelog } = open()
  store.add(left(10, 'k', 'one'))
  store.remove(10, true, 'k')

  assert.deepEqual(changelog(), [])
})

test('what is restored from the changelog is what was there', () => {
  const { store, changelogRecords } = open()
  store.add(left(10, 'k', 'one'))
  store.add(left(10, 'k', 'two'))
  store.add(right(12, 'q', 'three'))
  const restored = memoryBed(builder, changelogRecords())

  assert.deepEqual([...restored.store.all()], [...store.all()])
})
