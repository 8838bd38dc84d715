import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RestartLimits, RestartPolicy } from './restart-policy.ts'

const LIMITS: RestartLimits = {
  backoffMs: 100,
  maxBackoffMs: 500,
  healthyMs: 10_000,
  maxRestarts: 4,
  windowMs: 60_000,
}

test('each wait is twice the one before, up to the longest', () => {
  const policy = new RestartPolicy(LIMITS)
  const waits = [0, 1000, 2000, 3000].map((nowMs) => policy.afterCrash(nowMs, 50))
  assert.deepEqual(waits, [100, 200, 400, 500])
})

test('after a long life the waits begin anew', () => {
  const policy = new RestartPolicy(LIMITS)
  policy.afterCrash(0, 50)
  policy.afterCrash(1000, 50)
  assert.equal(policy.afterCrash(20_000, 10_000), 100)
  assert.equal(policy.afterCrash(21_000, 50), 200)
})

test('too many restarts within the window are refused, and forgotten when it is over', () => {
  const policy = new RestartPolicy({ ...LIMITS, maxRestarts: 2 })
  policy.afterCrash(0, 50)
  policy.afterCrash(30_000, 50)
  assert.equal(policy.afterCrash(59_999, 50), undefined)
  assert.notEqual(policy.afterCrash(60_000, 50), undefined)
})

test('no restart at all may be allowed', () => {
  const policy = new RestartPolicy({ ...LIMITS, maxRestarts: 0 })
  assert.equal(policy.afterCrash(0, 1_000_000), undefined)
})
