import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sliding } from './sliding-windows.ts'
import { hopping, tumbling } from './time-windows.ts'
import { unlimited } from './unlimited-windows.ts'
import { type GridWindows, WindowGrid } from './window-grid.ts'

test('windows are frozen data, with their durations in ms', () => {
  const all = [
    tumbling('1 hour', { grace: '5 minutes' }),
    hopping('1 hour', { advance: '15 minutes', grace: 0 }),
    sliding('5 minutes', { grace: '1 second' }),
    unlimited({ start: new Date(5000) }),
    unlimited(),
  ]
  assert.ok(all.every((windows) => Object.isFrozen(windows)))
  assert.deepEqual(all, [
    { kind: 'tumbling', sizeMs: 3_600_000, advanceMs: 3_600_000, graceMs: 300_000 },
    { kind: 'hopping', sizeMs: 3_600_000, advanceMs: 900_000, graceMs: 0 },
    { kind: 'sliding', differenceMs: 300_000, graceMs: 1000 },
    { kind: 'unlimited', startMs: 5000 },
    { kind: 'unlimited', startMs: 0 },
  ])
})

test('windows that cannot be are refused, with the reason', () => {
  const grace = 0
  assert.throws(() => tumbling(0, { grace }), /size of a window must be more than 0 ms/)
  assert.throws(() => tumbling(-1, { grace }), /not a duration: -1/)
  assert.throws(() => tumbling(10, { grace: -1 }), /not a duration: -1/)
  assert.throws(
    () => hopping(10, { advance: 11, grace }),
    /hopping windows of 10 ms cannot advance by 11 ms: more than 0 and at most the size/,
  )
  assert.throws(() => hopping(10, { advance: 0, grace }), /cannot advance by 0 ms/)
  assert.throws(() => sliding('5 parsecs' as '5 days', { grace }), /not a duration: "5 parsecs"/)
  assert.throws(() => unlimited({ start: -1 }), /unlimited windows cannot start at -1/)
  assert.throws(() => unlimited({ start: NaN }), /cannot start at NaN/)
})

/** The starts of the windows of a time. */
function startsOf(grid: WindowGrid, timestampMs: number): readonly number[] {
  const starts: number[] = []
  for (let start = grid.firstStartMs(timestampMs); start <= timestampMs; start += grid.advanceMs) {
    starts.push(start)
  }
  return starts
}

/** Looks at every window there is. */
function slowStartsOf(windows: GridWindows, timestampMs: number): readonly number[] {
  if (windows.kind === 'unlimited') return timestampMs < windows.startMs ? [] : [windows.startMs]
  const starts: number[] = []
  for (let start = 0; start <= timestampMs; start += windows.advanceMs) {
    if (timestampMs < start + windows.sizeMs) starts.push(start)
  }
  return starts
}

test('the windows of a time are all those that hold it, whatever times were asked for before', () => {
  const kinds = [
    tumbling(1, { grace: 0 }),
    tumbling(7, { grace: 0 }),
    hopping(7, { advance: 7, grace: 0 }),
    hopping(7, { advance: 2, grace: 0 }),
    hopping(12, { advance: 5, grace: 0 }),
    hopping(10, { advance: 1, grace: 0 }),
    unlimited({ start: 20 }),
  ]
  for (const windows of kinds) {
    const grid = new WindowGrid(windows)
    for (let timestampMs = 0; timestampMs < 60; timestampMs++) {
      assert.deepEqual(startsOf(grid, timestampMs), slowStartsOf(windows, timestampMs))
      const other = (timestampMs * 37) % 60
      assert.deepEqual(startsOf(grid, other), slowStartsOf(windows, other))
      const isSame = String(startsOf(grid, timestampMs)) === String(startsOf(grid, other))
      if (windows.kind !== 'unlimited') assert.equal(grid.areSame(timestampMs, other), isSame)
    }
  }
})
