import assert from 'node:assert/strict'
import { test } from 'node:test'
import { machineBusySeconds, statSeconds } from './proc.ts'

test('the CPU time of a process is found behind a name with spaces and parentheses', () => {
  const stat = '77 (a) b (c) S 1 77 77 0 -1 4194304 100 0 0 0 250 130 9 9 20 0 1 0 5000'
  assert.equal(statSeconds(stat), 3.8)
})

test('the busy time of the machine counts neither idle cores nor waits for disks', () => {
  assert.equal(machineBusySeconds('cpu  100 20 30 9000 800 7 3 40 500 600'), 2)
})
