import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamRecord } from '../record/stream-record.ts'
import { InputChooser } from './input-chooser.ts'
import { RecordQueue } from './record-queue.ts'
import type { InputQueue } from './task-inputs.ts'

/** An input whose records have these timestamps. */
function input(topic: string, ...timestamps: number[]): InputQueue {
  const queue = new RecordQueue({ topic, partition: 0 }, 0, ({ timestamp }) => {
    return new StreamRecord(null, null, timestamp)
  })
  for (const [offset, timestamp] of timestamps.entries()) {
    queue.add({ topic, partition: 0, offset, timestamp, key: null, value: null, headers: [] })
  }
  return { sourceNode: `source of ${topic}`, queue }
}

/** Topics in the order in which their records are chosen, until nothing is. */
function order(chooser: InputChooser, nowMs = 0): string[] {
  const topics: string[] = []
  for (let next = chooser.choose(() => nowMs); next; next = chooser.choose(() => nowMs)) {
    topics.push(next.queue.source.topic)
    next.queue.take()
  }
  return topics
}

test('the record with the lowest timestamp is next, of equal ones that of the first input', () => {
  const chooser = new InputChooser([input('a', 10, 30), input('b', 5, 10, 20)], {
    maxTaskIdleMs: -1,
  })
  assert.deepEqual(order(chooser), ['b', 'a', 'b', 'b', 'a'])
})

test('only the first record of each input counts: one out of order waits behind it', () => {
  const chooser = new InputChooser([input('a', 30, 1), input('b', 20)], { maxTaskIdleMs: -1 })
  assert.deepEqual(order(chooser), ['b', 'a', 'a'])
})

test('a single input never waits', () => {
  const chooser = new InputChooser([input('a', 1, 2)], { maxTaskIdleMs: 60_000 })
  assert.deepEqual(order(chooser), ['a', 'a'])
})

test('with 0 an empty input is waited for until its end is known', () => {
  const empty = input('b')
  const chooser = new InputChooser([input('a', 1), empty], { maxTaskIdleMs: 0 })
  assert.equal(chooser.isReady(0), false)
  assert.deepEqual(order(chooser), [])
  empty.queue.reachedEnd(0)
  assert.equal(chooser.isReady(0), true)
  assert.deepEqual(order(chooser), ['a'])
})

test('with -1 an empty input is not waited for', () => {
  const chooser = new InputChooser([input('a', 1), input('b')], { maxTaskIdleMs: -1 })
  assert.equal(chooser.isReady(0), true)
  assert.deepEqual(order(chooser), ['a'])
})

test('a time to wait begins when all empty inputs are caught up', () => {
  const empty = input('b')
  const chooser = new InputChooser([input('a', 1), empty], { maxTaskIdleMs: 100 })
  assert.deepEqual(order(chooser, 1000), [])
  empty.queue.reachedEnd(0)
  assert.deepEqual(order(chooser, 2000), [])
  assert.deepEqual(order(chooser, 2099), [])
  assert.deepEqual(order(chooser, 2100), ['a'])
})

test('a record on the empty input ends the wait, and the next wait begins anew', () => {
  const late = input('b')
  const chooser = new InputChooser([input('a', 5, 6), late], { maxTaskIdleMs: 100 })
  late.queue.reachedEnd(0)
  assert.deepEqual(order(chooser, 0), [])
  late.queue.add({
    topic: 'b',
    partition: 0,
    offset: 0,
    timestamp: 1,
    key: null,
    value: null,
    headers: [],
  })
  assert.equal(chooser.choose(() => 50)?.queue.source.topic, 'b')
  late.queue.take()
  late.queue.reachedEnd(1)
  assert.deepEqual(order(chooser, 60), [])
  assert.deepEqual(order(chooser, 159), [])
  assert.deepEqual(order(chooser, 160), ['a', 'a'])
})

test('without records nothing is chosen, however long the wait was', () => {
  const chooser = new InputChooser([input('a'), input('b')], { maxTaskIdleMs: -1 })
  assert.equal(chooser.isReady(1_000_000), false)
  assert.deepEqual(order(chooser, 1_000_000), [])
})

test('an input that is always empty does not keep the others from waiting for each other', () => {
  const [a, b, never] = [input('a', 1), input('b', 30), input('never')]
  const chooser = new InputChooser([a, b, never], { maxTaskIdleMs: 100 })
  never.queue.reachedEnd(0)
  assert.deepEqual(order(chooser, 0), [])
  assert.deepEqual(order(chooser, 500), ['a'])
  a.queue.reachedEnd(1)
  assert.deepEqual(order(chooser, 500), [])
  const record = { topic: 'a', partition: 0, offset: 1, timestamp: 20, key: null, value: null }
  a.queue.add({ ...record, headers: [] })
  assert.deepEqual(order(chooser, 550), ['a'])
  a.queue.reachedEnd(2)
  assert.deepEqual(order(chooser, 649), [])
  assert.deepEqual(order(chooser, 749), ['b'])
})
