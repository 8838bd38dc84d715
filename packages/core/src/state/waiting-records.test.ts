import assert from 'node:assert/strict'
import { test } from 'node:test'
import { record } from '../processor/collect.testkit.ts'
import type { StreamRecord } from '../record/stream-record.ts'
import { serdes } from '../serde/serdes.ts'
import { memoryBed, type StoreBed } from './store-bed.testkit.ts'
import { type WaitingRecords, waitingRecords } from './waiting-records.ts'

const builder = waitingRecords('wait', { key: serdes.string, value: serdes.string })
type Bed = StoreBed<WaitingRecords<string, string>>

const metadata = (offset: number): { topic: string; partition: number; offset: number } => ({
  topic: 'in',
  partition: 0,
  offset,
})
const first = record('k', 'first', 20)
const second = record('key', 'second', 25, [
  { key: 'h', value: Buffer.from('1') },
  { key: 'n', value: null },
])
const third = record('k', 'third', 31)

/** What `RocksDBTimeOrderedKeyValueBuffer` of Kafka Streams 4.3.1 writes to its changelog for these records. */
const CHANGELOG = [
  '0000000000000000146b00000001 0000000000000014000000000000000000000002696e0000000000000000ffffffffffffffff0000000566697273740000000000000000 @0',
  '0000000000000000196b657900000002 0000000000000019000000000000000100000002696e000000000000000200000001680000000131000000016effffffffffffffffffffffff000000067365636f6e640000000000000000 @0',
  '00000000000000001f6b00000003 000000000000001f000000000000000200000002696e0000000000000000ffffffffffffffff0000000574686972640000000000000000 @0',
]

function leave({ store }: Bed): readonly string[] {
  const left: string[] = []
  for (let next = store.first(); next !== undefined; next = store.first()) {
    left.push(`${next.key}=${next.value}@${next.context.timestampMs}`)
    store.remove(next)
  }
  return left
}

test('changelog records are those of Kafka Streams', () => {
  const bed = memoryBed(builder)
  for (const [offset, one] of [first, second, third].entries()) bed.store.put(one, metadata(offset))
  assert.deepEqual(bed.changelog(), CHANGELOG)

  bed.commit()
  const entry = bed.store.first()
  assert.ok(entry)
  bed.store.remove(entry)
  assert.deepEqual(bed.changelog(), ['0000000000000000146b00000001 null @0'])
})

test('records leave by time, then by the bytes of their keys, then as they came', () => {
  const bed = memoryBed(builder)
  const inputs: readonly StreamRecord<string, string>[] = [
    record('b', '1', 30),
    record('b', '2', 20),
    record('ab', '3', 20),
    record('a', '4', 20),
    record('b', '5', 20),
    record('a', '6', 256),
  ]
  for (const one of inputs) bed.store.put(one, undefined)

  assert.equal(bed.store.firstMs, 20)
  assert.deepEqual(leave(bed), ['a=4@20', 'ab=3@20', 'b=2@20', 'b=5@20', 'b=1@30', 'a=6@256'])
  assert.equal(bed.store.firstMs, Infinity)
})

test('a record leaves with the headers and the place that it came with', () => {
  const { store } = memoryBed(builder)
  store.put(second, metadata(7))

  assert.deepEqual(store.first()?.context, {
    timestampMs: 25,
    headers: second.headers,
    metadata: metadata(7),
  })
})

test('what comes and leaves in one transaction is nothing to the changelog', () => {
  const bed = memoryBed(builder)
  bed.store.put(first, metadata(0))
  leave(bed)

  assert.deepEqual(bed.changelog(), [])
})

test('a restored store goes on with what waits, and gives numbers that nobody has', () => {
  const before = memoryBed(builder)
  for (const one of [first, second, third]) before.store.put(one, metadata(0))
  const records = [...before.changelogRecords()]
  before.commit()
  const entry = before.store.first()
  assert.ok(entry)
  before.store.remove(entry)
  records.push(...before.changelogRecords())

  const after = memoryBed(builder, records)
  after.store.put(record('k', 'again', 31), metadata(0))
  assert.match(after.changelog()[0] ?? '', /^00000000000000001f6b00000004 /)
  assert.deepEqual(leave(after), ['key=second@25', 'k=third@31', 'k=again@31'])
})
