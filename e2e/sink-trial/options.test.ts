import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTrialCommand } from './options.ts'

test('without options it is 100,000 records, ten kills and one zombie', () => {
  assert.deepEqual(readTrialCommand(['postgres'], 42), {
    kind: 'run',
    options: {
      target: 'postgres',
      records: 100_000,
      kills: 10,
      zombies: 1,
      outages: 0,
      members: 2,
      seed: 42,
    },
  })
})

test('every wrong option is told', () => {
  assert.deepEqual(readTrialCommand(['oracle', '--kills', 'many', '--sed', '3'], 1), {
    kind: 'wrong',
    problems: [
      'there is no option --sed',
      'name one target: postgres, mariadb, sqlite, http, kafka',
      '--kills must be a whole number from 0 to 1000',
    ],
  })
})
