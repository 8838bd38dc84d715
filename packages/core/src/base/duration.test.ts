import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Duration, durationToMs } from './duration.ts'

test('a number is milliseconds', () => {
  assert.equal(durationToMs(0), 0)
  assert.equal(durationToMs(1500), 1500)
})

const UNITS: readonly (readonly [Duration, number])[] = [
  ['500 ms', 500],
  ['1 second', 1000],
  ['30 seconds', 30_000],
  ['1 minute', 60_000],
  ['5 minutes', 300_000],
  ['1 hour', 3_600_000],
  ['2 hours', 7_200_000],
  ['1 day', 86_400_000],
  ['7 days', 604_800_000],
]

for (const [text, ms] of UNITS) {
  test(`'${text}' is ${ms} ms`, () => {
    assert.equal(durationToMs(text), ms)
  })
}

test('a fraction counts when it comes out as whole milliseconds', () => {
  assert.equal(durationToMs('1.5 seconds'), 1500)
  assert.equal(durationToMs('0.25 hours'), 900_000)
})

/** What a caller without types can pass. */
const INVALID: readonly unknown[] = [
  -1,
  1.5,
  NaN,
  Infinity,
  Number.MAX_SAFE_INTEGER + 1,
  '5',
  '5 parsecs',
  'five minutes',
  '-5 minutes',
  '1.5 ms',
  '5 toString',
  '',
]

for (const invalid of INVALID) {
  test(`${typeof invalid} ${JSON.stringify(invalid)} is no duration`, () => {
    assert.throws(() => durationToMs(invalid as Duration), {
      name: 'TypeError',
      message: `not a duration: ${JSON.stringify(invalid)}; use ms or e.g. '5 minutes'`,
    })
  })
}
