import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from './trial.ts'

const RUN = { records: 20_000, kills: 5 }
const RIGHT = { lost: 0, duplicated: 0, differences: [], notes: ['7 rows'] }

test('a target that is right ends with the verdict and status 0', () => {
  assert.deepEqual(reportOf('x', RUN, RIGHT), {
    status: 0,
    lines: ['7 rows', 'x: 20000 records, 0 lost, 0 duplicated, 5 kills'],
  })
})

test('what differs is shown above the verdict, not all of it when it is much', () => {
  const differences = Array.from({ length: 12 }, (_, n) => `row ${n} is missing`)
  const { status, lines } = reportOf('x', RUN, { ...RIGHT, lost: 12, differences })
  assert.equal(status, 1)
  assert.deepEqual(lines.slice(10), [
    'row 9 is missing',
    '… and 2 more differences',
    'x: 20000 records, 12 lost, 0 duplicated, 5 kills',
  ])
})

test('a difference that is neither lost nor duplicated makes the status 1 as well', () => {
  assert.equal(reportOf('x', RUN, { ...RIGHT, differences: ['a after b'] }).status, 1)
})
