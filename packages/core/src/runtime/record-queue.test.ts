import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import { StreamRecord } from '../record/stream-record.ts'
import { type RecordDecoder, RecordQueue } from './record-queue.ts'

const raw = (offset: number, value = 'v', timestamp = offset): ConsumedRecord => ({
  topic: 'in',
  partition: 0,
  offset,
  timestamp,
  key: null,
  value: Buffer.from(value),
  headers: [],
})

/** Takes the timestamp as it is; drops what says so, and throws where it says that. */
const decode: RecordDecoder = ({ value, timestamp }) => {
  const text = Buffer.from(value ?? '').toString()
  if (text === 'drop') return undefined
  if (text === 'throw') throw new RangeError('not a record')
  return new StreamRecord(null, text, timestamp)
}

function queueOf(...records: ConsumedRecord[]): RecordQueue {
  const queue = new RecordQueue({ topic: 'in', partition: 0 }, 5, decode)
  for (const record of records) queue.add(record)
  return queue
}

const takeAll = (queue: RecordQueue): unknown[] => {
  const values: unknown[] = []
  for (let head = queue.take(); head !== undefined; head = queue.take()) {
    values.push(head.record.value)
  }
  return values
}

test('an empty queue is at the offset that it started from', () => {
  const queue = queueOf()
  assert.equal(queue.position, 5)
  assert.equal(queue.take(), undefined)
  assert.equal(queue.headTimestampMs(), undefined)
  assert.equal(queue.isCaughtUp, false)
})

test('records come in order, and the position is after the last one taken', () => {
  const queue = queueOf(raw(5, 'a'), raw(7, 'b'))
  assert.equal(queue.length, 2)
  assert.equal(queue.take()?.record.value, 'a')
  assert.equal(queue.position, 6)
  assert.equal(queue.take()?.record.value, 'b')
  assert.equal(queue.position, 8)
  assert.equal(queue.length, 0)
  assert.equal(queue.bytes, 0)
})

test('a look at the head takes nothing', () => {
  const queue = queueOf(raw(5, 'a', 40))
  assert.equal(queue.headTimestampMs(), 40)
  assert.equal(queue.headTimestampMs(), 40)
  assert.equal(queue.position, 5)
  assert.equal(queue.length, 1)
})

test('a dropped record moves the position, and the next one is the head', () => {
  const queue = queueOf(raw(5, 'drop'), raw(6, 'drop'), raw(7, 'a', 40))
  assert.equal(queue.headTimestampMs(), 40)
  assert.equal(queue.position, 7)
  assert.equal(queue.length, 1)
})

test('a record that cannot be decoded throws when it is its turn, and each time', () => {
  const queue = queueOf(raw(5, 'a'), raw(6, 'throw'))
  assert.equal(queue.take()?.record.value, 'a')
  assert.throws(() => queue.headTimestampMs(), { message: 'not a record' })
  assert.throws(() => queue.take(), { message: 'not a record' })
  assert.equal(queue.position, 6)
})

test('partition time is the highest time taken; what waits does not count', () => {
  const queue = queueOf(raw(5, 'a', 50), raw(6, 'b', 20), raw(7, 'c', 90))
  assert.equal(queue.partitionTimeMs, -1)
  queue.take()
  queue.take()
  queue.headTimestampMs()
  assert.equal(queue.partitionTimeMs, 50)
})

test('at the end of the partition the position goes beyond commit markers', () => {
  const queue = queueOf(raw(5, 'a'))
  queue.reachedEnd(8)
  assert.equal(queue.isCaughtUp, true)
  assert.equal(queue.position, 5, 'a record waits')
  queue.take()
  assert.equal(queue.position, 8)
  queue.add(raw(8, 'b'))
  assert.equal(queue.isCaughtUp, false)
  assert.equal(queue.position, 8, 'a position that was committed is not taken back')
  queue.take()
  assert.equal(queue.position, 9)
})

test('an end that is behind what was taken does not take the position back', () => {
  const queue = queueOf(raw(9, 'a'))
  queue.take()
  queue.reachedEnd(8)
  assert.equal(queue.position, 10)
})

test('a record from before the position is not taken twice', () => {
  const queue = queueOf(raw(5, 'a'), raw(6, 'b'))
  assert.deepEqual(takeAll(queue), ['a', 'b'])
  queue.add(raw(6, 'b'))
  queue.add(raw(7, 'c'))
  assert.deepEqual(takeAll(queue), ['c'])
})

test('a record that comes again while it waits is not taken twice', () => {
  const queue = queueOf(raw(5, 'a'), raw(6, 'b'), raw(8, 'c'))
  assert.equal(queue.take()?.record.value, 'a')
  const { bytes } = queue
  queue.reachedEnd(9)
  for (const again of [raw(6, 'b'), raw(8, 'c')]) queue.add(again)
  assert.equal(queue.length, 2)
  assert.equal(queue.bytes, bytes)
  assert.equal(queue.isCaughtUp, true, 'it is no news of what is behind the end')
  queue.add(raw(9, 'd'))
  assert.deepEqual(takeAll(queue), ['b', 'c', 'd'])
})

test('a reset forgets what waits, its head and the end, and goes on from the offset', () => {
  const queue = queueOf(raw(5, 'a', 50), raw(6, 'b'))
  queue.take()
  queue.headTimestampMs()
  queue.reachedEnd(7)
  queue.reset(5, 10)
  assert.equal(queue.length, 0)
  assert.equal(queue.bytes, 0)
  assert.equal(queue.isCaughtUp, false)
  assert.equal(queue.position, 5)
  assert.equal(queue.partitionTimeMs, 10)
  queue.add(raw(5, 'again'))
  assert.deepEqual(takeAll(queue), ['again'])
})

test('thousands of records come out whole while others are added', () => {
  const queue = queueOf()
  const values: unknown[] = []
  for (let offset = 5; offset < 10_005; offset++) {
    queue.add(raw(offset, String(offset)))
    if (offset % 3 === 0) values.push(queue.take()?.record.value)
  }
  values.push(...takeAll(queue))
  assert.deepEqual(
    values,
    Array.from({ length: 10_000 }, (_, i) => String(i + 5)),
  )
  assert.equal(queue.bytes, 0)
})

test('only the head is decoded, once, with the partition time before it', () => {
  const calls: unknown[] = []
  const queue = new RecordQueue({ topic: 'in', partition: 0 }, 5, (record, partitionTimeMs) => {
    calls.push([record.offset, partitionTimeMs])
    return decode(record, partitionTimeMs)
  })
  queue.add(raw(5, 'a', 70))
  queue.add(raw(6, 'b'))
  queue.headTimestampMs()
  queue.headTimestampMs()
  assert.deepEqual(calls, [[5, -1]])
  queue.take()
  queue.headTimestampMs()
  assert.deepEqual(calls, [
    [5, -1],
    [6, 70],
  ])
})
