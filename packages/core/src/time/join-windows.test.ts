import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinWindows } from './join-windows.ts'

test('one difference goes in both directions', () => {
  assert.deepEqual(joinWindows('5 minutes', { grace: '1 minute' }), {
    kind: 'join',
    beforeMs: 300_000,
    afterMs: 300_000,
    graceMs: 60_000,
  })
})

test('bounds may differ, and one may be negative', () => {
  const { beforeMs, afterMs } = joinWindows({ before: '-1 minute', after: 90_000 }, { grace: 0 })
  assert.deepEqual([beforeMs, afterMs], [-60_000, 90_000])
  const { beforeMs: before, afterMs: after } = joinWindows({ before: 5, after: -5 }, { grace: 0 })
  assert.deepEqual([before, after], [5, -5])
})

test('a window of no or less than no length is told apart: the one is refused', () => {
  assert.throws(() => joinWindows({ before: 5, after: -6 }, { grace: 0 }), {
    name: 'TypeError',
    message: 'before (5 ms) + after (-6 ms) of join windows must not be negative',
  })
})

test('what is no duration is refused', () => {
  assert.throws(() => joinWindows(-5, { grace: 0 }), TypeError)
  assert.throws(() => joinWindows(5, { grace: -1 }), TypeError)
  assert.throws(() => joinWindows({ before: -0.5, after: 1 }, { grace: 0 }), TypeError)
  assert.throws(() => joinWindows({ before: '--1 ms' as never, after: 1 }, { grace: 0 }), TypeError)
})
