import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readChaosCommand } from './options.ts'

test('without options it runs ten minutes with three members, from a random seed', () => {
  assert.deepEqual(readChaosCommand([], 42), {
    kind: 'run',
    options: {
      minutes: 10,
      members: 3,
      seed: 42,
      rate: 400,
      standbys: 0,
      isStatic: false,
      guarantee: 'exactly_once_v2',
      keep: false,
    },
  })
})

test('every wrong option is told', () => {
  const args = ['more', '--minutes', 'two', '--members', '1', '--sed', '3', '--guarantee', 'maybe']
  assert.deepEqual(readChaosCommand(args, 1), {
    kind: 'wrong',
    problems: [
      'unexpected argument more',
      'there is no option --sed',
      'unexpected argument 3',
      '--guarantee must be exactly_once_v2 or at_least_once',
      '--minutes must be a number from 0.1 to 1440, not "two"',
      '--members must be a whole number from 2 to 8, not "1"',
    ],
  })
})
