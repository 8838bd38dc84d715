import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { readDemoCommand } from './options.ts'

const ENV = { KAFKA_BROKERS: 'a:1' }

function optionsOf(...args: string[]): object {
  const command = readDemoCommand(args, ENV, 7)
  if (command.kind !== 'run') assert.fail(`not to be run: ${JSON.stringify(command)}`)
  return { ...command.options, file: basename(command.options.file) }
}

test('without options it kills one processor three times while it reads Emma', () => {
  assert.deepEqual(optionsOf(), {
    brokers: 'a:1',
    file: 'emma.txt',
    kills: 3,
    processors: 1,
    guarantee: 'exactly_once_v2',
    commitIntervalMs: 100,
    wordsPerSecond: undefined,
    seed: 7,
    keep: false,
    verbose: false,
  })
})

test('at least once commits seldom, so that kills hit uncommitted work', () => {
  const options = { ...optionsOf('--guarantee', 'at_least_once') }
  assert.deepEqual(options, { ...optionsOf(), guarantee: 'at_least_once', commitIntervalMs: 2000 })
})

test('every option is read', () => {
  const args =
    '--kills 0 --file x/y.txt --guarantee at_least_once --commit-interval 5 --processors 4 --seed 0 --keep --words-per-second 9 --brokers b:2 --verbose'
  assert.deepEqual(optionsOf(...args.split(' ')), {
    brokers: 'b:2',
    file: 'y.txt',
    kills: 0,
    processors: 4,
    guarantee: 'at_least_once',
    commitIntervalMs: 5,
    wordsPerSecond: 9,
    seed: 0,
    keep: true,
    verbose: true,
  })
})

test('all problems are told at once', () => {
  const args = '--guarantee never --kills -1 --processors 5 --commit-interval 9001 --nope'
  assert.deepEqual(readDemoCommand(args.split(' '), {}, 7), {
    kind: 'wrong',
    problems: [
      'there is no option --nope',
      '--guarantee must be exactly_once_v2 or at_least_once, not "never"',
      'there are no brokers: start it with ./dev demo, or set KAFKA_BROKERS to host:port',
      '--kills must be a whole number from 0 to 100, not "-1"',
      '--processors must be a whole number from 1 to 4, not "5"',
      '--commit-interval must be a whole number from 1 to 9000, not "9001"',
    ],
  })
})

test('help wins over what is wrong', () => {
  assert.deepEqual(readDemoCommand(['--nope', '--help'], {}, 7), { kind: 'help' })
})
