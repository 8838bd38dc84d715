import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { ManualScheduler } from './manual-scheduler.testkit.ts'
import { type RetryConfig, RetryPolicy } from './retry-policy.ts'

const down = new MillraceError('MR_SINK_UNAVAILABLE', 'down', { at: { topic: 'in' } })
const CONFIG: RetryConfig = { initialBackoffMs: 100, maxBackoffMs: 1000, giveUpAfterMs: Infinity }

function policy(own: Partial<RetryConfig> = {}, random = 1): [RetryPolicy, ManualScheduler] {
  const clock = new ManualScheduler()
  const parts = { config: { ...CONFIG, ...own }, clock, random: () => random }
  return [new RetryPolicy(parts), clock]
}

const waits = (one: RetryPolicy, count: number): readonly number[] =>
  Array.from({ length: count }, () => one.failed(down))

test('waits double up to the longest one, and are at least half of that', () => {
  assert.deepEqual(waits(policy()[0], 6), [100, 200, 400, 800, 1000, 1000])
  assert.deepEqual(waits(policy({}, 0)[0], 5), [50, 100, 200, 400, 500])
})

test('a target that says when to come again is not asked before that', () => {
  const [one] = policy()
  const asked = (retryAfterMs: number): number =>
    one.failed(new MillraceError('MR_SINK_UNAVAILABLE', 'later', { at: { retryAfterMs } }))
  assert.equal(asked(5000), 5000)
  assert.equal(asked(10), 200)
})

test('it gives up when its time is over, with the last error as the cause', () => {
  const [one, clock] = policy({ giveUpAfterMs: 250 })
  assert.equal(one.failed(down), 100)
  clock.advance(100)
  one.assertInTime('writing', down)
  assert.equal(one.failed(down), 150)
  clock.advance(150)
  assert.throws(
    () => {
      one.assertInTime('writing in-0', down)
    },
    (error) =>
      MillraceError.is(error, 'MR_TASK_TIMEOUT') &&
      error.cause === down &&
      error.message === 'writing in-0: no success in 0 s' &&
      error.at['topic'] === 'in',
  )
  assert.equal(one.failures, 2)
})
