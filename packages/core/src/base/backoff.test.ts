import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from './backoff.ts'

const take = (backoff: Backoff, count: number): number[] =>
  Array.from({ length: count }, () => backoff.nextMs())

test('waits double from the first to the longest', () => {
  const backoff = new Backoff(50, 1000, () => 1)
  assert.deepEqual(take(backoff, 7), [50, 100, 200, 400, 800, 1000, 1000])
})

test('chance shortens a wait by a half at most', () => {
  assert.deepEqual(take(new Backoff(100, 400, () => 0), 3), [50, 100, 200])
  assert.deepEqual(take(new Backoff(100, 400, () => 0.5), 3), [75, 150, 300])
})

test('a reset begins with the first wait again', () => {
  const backoff = new Backoff(50, 1000, () => 1)
  take(backoff, 5)
  backoff.reset()
  assert.deepEqual(take(backoff, 2), [50, 100])
})

test('thousands of attempts stay at the longest wait', () => {
  const backoff = new Backoff(50, 5000, () => 1)
  take(backoff, 5000)
  assert.equal(backoff.nextMs(), 5000)
})
