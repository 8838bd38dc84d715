import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MemberView, statusLine } from './status.ts'

const RUNNING: MemberView = {
  state: 'running',
  processed: 1000,
  lag: 3,
  restoring: undefined,
  restarts: 0,
}

test('members that run are counted, the others are told by number', () => {
  const restoring: MemberView = {
    ...RUNNING,
    state: 'rebalancing',
    restoring: { restored: 45, total: 99 },
    restarts: 2,
  }
  assert.equal(
    statusLine([RUNNING, restoring, { ...RUNNING, state: 'crashed' }], 1234.5),
    '1 of 3 running (1 rebalancing, restored 45%, 2 crashed)  3,000 records  1,235/s  lag 9  restarts 2',
  )
})
