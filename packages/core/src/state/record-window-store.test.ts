import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamRecord } from '../record/stream-record.ts'
import { serdes } from '../serde/serdes.ts'
import {
  type RecordStoreOptions,
  type RecordWindowStore,
  recordWindowStore,
} from './record-window-store.ts'
import { memoryBed, type StoreBed } from './store-bed.testkit.ts'
import type { StoreBuilder } from './store-builder.ts'

const builderOf = (
  retentionMs: number,
  options: RecordStoreOptions = {},
): StoreBuilder<RecordWindowStore<string, string>> =>
  recordWindowStore('s', { key: serdes.string, value: serdes.string, retentionMs, ...options })
const open = (
  retentionMs = 25,
  options: RecordStoreOptions = {},
): StoreBed<RecordWindowStore<string, string>> => memoryBed(builderOf(retentionMs, options))
const HEADERS = [{ key: 'h', value: Buffer.from('v') }]

test('records of a key come by time, and those of one time in the order in which they were put', () => {
  const { store, commit } = open()
  for (const [key, value, timestampMs] of [
    ['a', '1', 10],
    ['b', '2', 10],
    ['a', '3', 12],
    ['a', '4', 10],
  ] as const) {
    store.put(new StreamRecord(key, value, timestampMs))
    if (value === '2') commit()
  }

  assert.deepEqual(store.fetch('a', 0, 20), [
    [10, '1'],
    [10, '4'],
    [12, '3'],
  ])
  assert.deepEqual(store.fetch('a', 11, 12), [[12, '3']])
  assert.deepEqual(store.fetch('c', 0, 20), [])
})

test('a longer key is not taken for a shorter one and a time', () => {
  const { store } = open(2 ** 40)
  const longer = `a${'\0'.repeat(8)}\n`
  store.put(new StreamRecord('a', 'short', 10))
  store.put(new StreamRecord(longer, 'long', 10))

  assert.deepEqual(store.fetch('a', 0, 2 ** 39), [[10, 'short']])
  assert.deepEqual(store.fetch(longer, 0, 2 ** 39), [[10, 'long']])
})

test('what is as old as the retention is not found, and is refused when its segment is gone', () => {
  const { store } = open(25)
  store.put(new StreamRecord('a', '1', 10))
  store.put(new StreamRecord('a', '2', 11))
  store.put(new StreamRecord('b', '3', 35))

  assert.equal(store.streamTimeMs, 35)
  assert.deepEqual(store.fetch('a', 0, 40), [[11, '2']])
  assert.equal(store.put(new StreamRecord('a', '4', 5)), true)
  assert.deepEqual(store.fetch('a', 0, 40), [[11, '2']])

  store.put(new StreamRecord('b', '5', 120_000))
  assert.equal(store.put(new StreamRecord('a', '6', 50_000)), false)
})

/** What Kafka Streams 4.3.1 wrote to the changelog for these records. */
test('changelog records have the bytes of Kafka Streams', () => {
  const { store, changelog } = open()
  store.put(new StreamRecord('k', 'one', 10, HEADERS))
  store.put(new StreamRecord('k', 'two', 10, HEADERS))
  assert.deepEqual(changelog(), [
    '6b000000000000000a00000001 6f6e65 @10 h=v',
    '6b000000000000000a00000002 74776f @10 h=v',
  ])

  const right = open()
  right.store.put(new StreamRecord('q', 'r1', 1_700_000_000_000, HEADERS))
  right.store.put(new StreamRecord('', 'r2', 1_700_000_000_003))
  assert.deepEqual(right.changelog(), [
    '710000018bcfe5680000000001 7231 @1700000000000 h=v',
    '0000018bcfe5680300000002 7232 @1700000000003',
  ])
})

test('what is restored from the changelog is what was there, with the numbers of duplicates', () => {
  const bed = open()
  bed.store.put(new StreamRecord('k', 'one', 10, HEADERS))
  bed.store.put(new StreamRecord('k', 'two', 10))
  const restored = memoryBed(builderOf(25), bed.changelogRecords())
  restored.store.put(new StreamRecord('k', 'three', 10))

  assert.equal(restored.store.streamTimeMs, 10)
  assert.deepEqual(restored.store.fetch('k', 0, 20), [
    [10, 'one'],
    [10, 'two'],
    [10, 'three'],
  ])
})

test('the changelog is cleaned by age, as in Kafka Streams, whatever the topic settings say', () => {
  const { topicConfig } = builderOf(1000, { topicConfig: { 'cleanup.policy': 'compact', x: 'y' } })
  assert.deepEqual(topicConfig, {
    'cleanup.policy': 'delete',
    'message.timestamp.type': 'CreateTime',
    'retention.ms': '86401000',
    x: 'y',
  })
})

test('or by tombstones of the store, for records of long ago', () => {
  const builder = builderOf(25, { changelogCleanup: 'compact' })
  assert.equal(builder.topicConfig['cleanup.policy'], 'compact')
  assert.equal(builder.topicConfig['retention.ms'], undefined)

  const { store, commit, changelog } = memoryBed(builder)
  store.put(new StreamRecord('k', 'one', 10))
  commit()
  store.put(new StreamRecord('q', 'two', 120_000))
  assert.deepEqual(changelog(), [
    '6b000000000000000a00000001 null @120000',
    '71000000000001d4c000000002 74776f @120000',
  ])
})
