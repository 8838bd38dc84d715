import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTrialCommand, trialHelp } from './trial-options.ts'

const ENV = { KAFKA_BROKERS: 'a:1' }

test('without options 20,000 records are fed in 60 seconds, and the app is killed five times', () => {
  assert.deepEqual(readTrialCommand([], ENV, 7), {
    kind: 'run',
    options: {
      brokers: 'a:1',
      records: 20_000,
      kills: 5,
      recordsPerSecond: 334,
      seed: 7,
      keep: false,
      verbose: false,
    },
  })
})

test('fewer records are fed in the same time unless the pace is given', () => {
  const pace = (...args: string[]): unknown => {
    const command = readTrialCommand(['--records', '2000', ...args], ENV, 7)
    return command.kind === 'run' && command.options.recordsPerSecond
  }
  assert.deepEqual([pace(), pace('--records-per-second', '900')], [34, 900])
})

test('everything that is wrong is told at once', () => {
  assert.deepEqual(readTrialCommand(['--records', '7', '--kils', '1'], {}, 7), {
    kind: 'wrong',
    problems: [
      'there is no option --kils',
      'unexpected argument "1"',
      'there are no brokers: start it with ./dev app, or set KAFKA_BROKERS to host:port',
      '--records must be a whole number from 100 to 10000000, not "7"',
    ],
  })
})

test('the help has the command, whatever else is wrong', () => {
  assert.deepEqual(readTrialCommand(['--help', '--kils'], {}, 7), { kind: 'help' })
  assert.match(trialHelp('webhooks', 'Alerts.'), /^Alerts\.\n\nUsage: \.\/dev app webhooks \[/)
})
