import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertReset, type AutoOffsetReset, isSameReset } from './auto-offset-reset.ts'

test('resets are the three words and durations', () => {
  for (const reset of ['earliest', 'latest', 'none', { byDuration: '1 hour' }] as const) {
    assertReset(reset)
  }
  assert.throws(() => {
    assertReset('newest' as AutoOffsetReset)
  }, /^TypeError: no autoOffsetReset: newest$/)
  assert.throws(() => {
    assertReset({ byDuration: -1 })
  }, TypeError)
})

test('resets by equal durations are the same, however they are written', () => {
  assert.equal(isSameReset({ byDuration: '1 minute' }, { byDuration: 60_000 }), true)
  assert.equal(isSameReset({ byDuration: '1 minute' }, { byDuration: '2 minutes' }), false)
  assert.equal(isSameReset({ byDuration: 0 }, 'latest'), false)
  assert.equal(isSameReset('latest', 'latest'), true)
  assert.equal(isSameReset(undefined, undefined), true)
  assert.equal(isSameReset(undefined, 'earliest'), false)
})
