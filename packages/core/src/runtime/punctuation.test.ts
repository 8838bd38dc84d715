import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Punctuator } from '../processor/processor.ts'
import { firstPunctuation, type Punctuation, PunctuationQueue } from './punctuation.ts'

const nothing = (): void => undefined

const punctuation = (
  nodeName: string,
  firstMs: number,
  intervalMs: number,
  punctuator: Punctuator,
): Punctuation => ({ nodeName, firstMs, intervalMs, punctuator })

/** Names of the operators whose punctuators are due, in the order in which they are called. */
function due(queue: PunctuationQueue, nowMs: number): string[] {
  const names: string[] = []
  for (let one = queue.takeDue(nowMs); one !== undefined; one = queue.takeDue(nowMs)) {
    names.push(one.nodeName)
  }
  return names
}

test('an empty queue is never due', () => {
  const queue = new PunctuationQueue()
  assert.equal(queue.nextMs, Infinity)
  assert.deepEqual(due(queue, Number.MAX_SAFE_INTEGER), [])
})

test('a punctuator is due at its first time, then each interval after it', () => {
  const queue = new PunctuationQueue()
  queue.add(punctuation('a', 100, 10, nothing))
  assert.equal(queue.nextMs, 100)
  assert.deepEqual(due(queue, 99), [])
  assert.deepEqual(due(queue, 100), ['a'])
  assert.equal(queue.nextMs, 110)
  assert.deepEqual(due(queue, 109), [])
  assert.deepEqual(due(queue, 110), ['a'])
})

test('missed intervals collapse into one call, and the next keeps the rhythm', () => {
  const queue = new PunctuationQueue()
  queue.add(punctuation('a', 0, 10, nothing))
  assert.deepEqual(due(queue, 57), ['a'])
  assert.equal(queue.nextMs, 60)
})

test('a call that is late by whole intervals is followed by the interval after now', () => {
  const queue = new PunctuationQueue()
  queue.add(punctuation('a', 0, 10, nothing))
  assert.deepEqual(due(queue, 50), ['a'])
  assert.equal(queue.nextMs, 60)
})

test('the one that was due first is called first, and of two the one added first', () => {
  const queue = new PunctuationQueue()
  queue.add(punctuation('late', 30, 100, nothing))
  queue.add(punctuation('early', 10, 100, nothing))
  queue.add(punctuation('early too', 10, 100, nothing))
  assert.deepEqual(due(queue, 50), ['early', 'early too', 'late'])
})

test('a cancelled punctuator is not called, and does not hold the next time', () => {
  const queue = new PunctuationQueue()
  const first = queue.add(punctuation('a', 10, 10, nothing))
  queue.add(punctuation('b', 20, 10, nothing))
  first.cancel()
  assert.equal(queue.nextMs, 20)
  assert.deepEqual(due(queue, 25), ['b'])
})

test('a punctuator can cancel itself while it is called', () => {
  const queue = new PunctuationQueue()
  const schedule = queue.add(
    punctuation('a', 10, 10, () => {
      schedule.cancel()
    }),
  )
  void queue.takeDue(10)?.punctuator(10)
  assert.deepEqual(due(queue, 1000), [])
})

test('clear forgets all', () => {
  const queue = new PunctuationQueue()
  queue.add(punctuation('a', 10, 10, nothing))
  queue.clear()
  assert.equal(queue.nextMs, Infinity)
})

test('without a start stream time is aligned to 0, and the wall clock waits for one interval', () => {
  assert.equal(firstPunctuation('stream-time', 10, undefined, 57), 0)
  assert.equal(firstPunctuation('wall-clock-time', 10, undefined, 57), 67)
})

for (const type of ['stream-time', 'wall-clock-time'] as const) {
  test(`with a start ${type} calls come at it plus a multiple of the interval, from now on`, () => {
    assert.equal(firstPunctuation(type, 10, 60, 57), 60)
    assert.equal(firstPunctuation(type, 10, 57, 57), 57)
    assert.equal(firstPunctuation(type, 10, 3, 57), 63)
    assert.equal(firstPunctuation(type, 10, 47, 57), 67, 'now itself counts as past')
    assert.equal(firstPunctuation(type, 10, 3, -1), 3)
  })
}
