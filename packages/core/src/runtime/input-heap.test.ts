import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamRecord } from '../record/stream-record.ts'
import { InputHeap } from './input-heap.ts'
import { RecordQueue } from './record-queue.ts'

function input(topic: string, timestamp: number): { readonly queue: RecordQueue } {
  const queue = new RecordQueue({ topic, partition: 0 }, 0, () => {
    return new StreamRecord(null, null, timestamp)
  })
  queue.add({ topic, partition: 0, offset: 0, timestamp, key: null, value: null, headers: [] })
  return { queue }
}

/** Offers 'a1' as input a with time 1, takes the top for '-', and in the end all that is left. */
function order(steps: string): string {
  const heap = new InputHeap<{ readonly queue: RecordQueue }>()
  let taken = ''
  const poll = (): void => {
    taken += heap.top?.queue.source.topic ?? ''
    heap.poll()
  }
  for (const step of steps.split(' ')) {
    if (step === '-') poll()
    else heap.offer(input(step.slice(0, 1), Number(step.slice(1))))
  }
  while (heap.top !== undefined) poll()
  return taken
}

test('the lowest time is on top', () => {
  assert.equal(order('a3 b1 c2'), 'bca')
})

test('equal times come off in the order of java.util.PriorityQueue', () => {
  assert.equal(order('a1 b1'), 'ab')
  assert.equal(order('a1 b1 c1'), 'acb')
  // What Java gives for these calls of offer and poll.
  const steps = 'a1 b1 c1 - d1 e1 - - f0 g1 - - a1 - b0 c1 d0 - - - - -'
  assert.equal(order(steps), 'acefgdbdcab')
})

test('an input that is removed does not come off', () => {
  const heap = new InputHeap<{ readonly queue: RecordQueue }>()
  const [a, b] = [input('a', 1), input('b', 2)]
  heap.offer(a)
  heap.offer(b)
  heap.remove(a)
  assert.equal(heap.top, b)
})
