import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextWaitMs } from './retry-backoff.ts'

const BOUNDS = { initialMs: 100, maxMs: 1000, maxRetryAfterMs: 5000 }
const most = (): number => 1
const least = (): number => 0

test('the bound of a wait doubles up to its cap, and the wait is anything below it', () => {
  const bounds = [1, 2, 3, 4, 5, 6, 1000].map((n) => nextWaitMs(BOUNDS, n, undefined, most))
  assert.deepEqual(bounds, [100, 200, 400, 800, 1000, 1000, 1000])
  assert.equal(nextWaitMs(BOUNDS, 5, undefined, least), 0)
})

test('what an answer asks for is waited for at least, up to its cap', () => {
  assert.equal(nextWaitMs(BOUNDS, 1, 3000, least), 3000)
  assert.equal(nextWaitMs(BOUNDS, 1, 3000, most), 3100)
  assert.equal(nextWaitMs(BOUNDS, 5, 10, most), 1000)
  assert.equal(nextWaitMs(BOUNDS, 1, 3_600_000, least), 5000)
})
