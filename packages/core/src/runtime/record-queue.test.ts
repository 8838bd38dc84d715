import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumedRecord } from '../kafka/consumed-record.ts'
import { StreamRecord } from '../record/stream-record.ts'
import { type RecordDecoder, RecordQueue } from './record-queue.ts'

const SOURCE = { topic: 'in', partition: 0 }

const asItIs: RecordDecoder = (raw) => new StreamRecord(null, null, raw.timestamp)

/** Drops what has no timestamp. */
const dropping: RecordDecoder = (raw, partitionTimeMs) =>
  raw.timestamp < 0 ? undefined : asItIs(raw, partitionTimeMs)

function record(offset: number, timestamp: number = offset): ConsumedRecord {
  return { ...SOURCE, offset, timestamp, key: null, value: Buffer.alloc(10), headers: [] }
}

function queueOf(decode: RecordDecoder, ...records: readonly ConsumedRecord[]): RecordQueue {
  const queue = new RecordQueue(SOURCE, 0, decode)
  for (const one of records) queue.add(one)
  return queue
}

test('records come in the order of their offsets, and move the position', () => {
  const queue = queueOf(asItIs, record(0, 9), record(1, 3), record(5, 4))
  assert.equal(queue.position, 0)
  assert.equal(queue.headTimestampMs(), 9)

  assert.equal(queue.take()?.raw.offset, 0)
  assert.equal(queue.position, 1)
  assert.equal(queue.take()?.raw.offset, 1)
  assert.equal(queue.take()?.raw.offset, 5)
  assert.equal(queue.position, 6)
  assert.equal(queue.take(), undefined)
  assert.equal(queue.headTimestampMs(), undefined)
})

test('partition time is the highest time taken, not the highest read', () => {
  const queue = queueOf(asItIs, record(0, 7), record(1, 3), record(2, 100))
  assert.equal(queue.partitionTimeMs, -1)
  queue.take()
  queue.take()
  queue.headTimestampMs()

  assert.equal(queue.partitionTimeMs, 7)
})

test('only the head is decoded, once, with the partition time before it', () => {
  const calls: unknown[] = []
  const queue = queueOf(
    (raw, partitionTimeMs) => {
      calls.push([raw.offset, partitionTimeMs])
      return asItIs(raw, partitionTimeMs)
    },
    record(0, 7),
    record(1),
  )
  queue.headTimestampMs()
  queue.headTimestampMs()
  assert.deepEqual(calls, [[0, -1]])
  queue.take()
  queue.headTimestampMs()

  assert.deepEqual(calls, [
    [0, -1],
    [1, 7],
  ])
})

test('a record that is dropped counts as consumed when it is its turn', () => {
  const queue = queueOf(dropping, record(0, -1), record(1, 5), record(2, -1))
  assert.equal(queue.position, 0)
  assert.equal(queue.headTimestampMs(), 5)
  assert.equal(queue.position, 1)
  queue.take()
  assert.equal(queue.headTimestampMs(), undefined)

  assert.equal(queue.position, 3)
  assert.equal(queue.length, 0)
})

test('a record that cannot be decoded stays the next one', () => {
  const queue = queueOf(() => {
    throw new Error('boom')
  }, record(0))

  for (let i = 0; i < 2; i++) assert.throws(() => queue.take(), { message: 'boom' })
  assert.equal(queue.position, 0)
  assert.equal(queue.length, 1)
})

test('the end moves the position beyond commit markers, once all before it is taken', () => {
  const queue = queueOf(asItIs, record(0), record(1))
  queue.reachedEnd(3)
  assert.ok(queue.isCaughtUp)
  assert.equal(queue.position, 0)
  queue.take()
  queue.take()
  assert.equal(queue.position, 3)

  queue.add(record(3))
  assert.ok(!queue.isCaughtUp)
  assert.equal(queue.position, 2)
})

test('an end before the position does not move it back', () => {
  const queue = queueOf(asItIs, record(0), record(1))
  queue.take()
  queue.take()
  queue.reachedEnd(1)

  assert.equal(queue.position, 2)
})

test('records before the position are not taken again', () => {
  const queue = queueOf(asItIs, record(0), record(1))
  queue.take()
  queue.take()
  queue.add(record(1))
  queue.add(record(2))

  assert.equal(queue.take()?.raw.offset, 2)
})

test('reset forgets what waits, its end and its head, and goes on from the offset', () => {
  const queue = queueOf(asItIs, record(0, 50), record(1, 60))
  queue.take()
  queue.headTimestampMs()
  queue.reachedEnd(2)
  queue.reset(0, 40)
  assert.deepEqual(
    [queue.length, queue.bytes, queue.position, queue.partitionTimeMs, queue.isCaughtUp],
    [0, 0, 0, 40, false],
  )

  queue.add(record(0, 50))
  assert.equal(queue.take()?.raw.offset, 0)
})

test('bytes are those of the records that wait', () => {
  const queue = queueOf(asItIs, record(0), record(1))
  const perRecord = queue.bytes / 2
  assert.ok(perRecord > 10)
  queue.take()
  assert.equal(queue.bytes, perRecord)
  queue.take()
  assert.equal(queue.bytes, 0)
})

test('thousands of records keep their order while more come', () => {
  const queue = queueOf(asItIs)
  let added = 0
  let taken = 0
  while (taken < 10_000) {
    for (let i = 0; i < 3 && added < 10_000; i++) queue.add(record(added++))
    for (let i = 0; i < 2; i++) {
      const head = queue.take()
      if (head !== undefined) assert.equal(head.raw.offset, taken++)
    }
    assert.equal(queue.length, added - taken)
  }
})
