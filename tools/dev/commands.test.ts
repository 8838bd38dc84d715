import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS, helpText, parseCall } from './commands.ts'

test('what follows a command goes to it unchanged', () => {
  const { command, args } = parseCall(['run', 'a.ts', '--x', 'y z'])
  assert.equal(command, COMMANDS.run)
  assert.deepEqual(args, ['a.ts', '--x', 'y z'])
})

test('no command, -h and --help are help', () => {
  for (const argv of [[], ['-h'], ['--help'], ['help']]) {
    assert.equal(parseCall(argv).command, COMMANDS.help)
  }
})

test('an unknown command is refused with the ones there are', () => {
  assert.throws(() => parseCall(['deploy']), {
    message: 'There is no command `deploy`.',
    hint: 'Use one of: setup, demo, app, test, verify, docs, broker, run, bench, conformance, simulate, chaos, sinks, help.',
  })
  assert.throws(() => parseCall(['toString']), { message: 'There is no command `toString`.' })
})

test('a sample that is not there is refused with those that are', async () => {
  const run =
    (...args: string[]) =>
    async () =>
      parseCall(['app', ...args]).command.run(args)
  await assert.rejects(run('web-hooks'), {
    message: 'There is no sample `web-hooks`.',
    hint: 'Use one of: orders-to-postgres, webhooks, word-count.',
  })
  await assert.rejects(run(), { message: '`app` needs the name of a sample.' })
  await assert.rejects(run('../tools'), { message: 'There is no sample `../tools`.' })
})

test('the help has a line for each command', () => {
  for (const { usage } of Object.values(COMMANDS))
    assert.match(helpText(), new RegExp(`^  ${usage.split(' ')[0] ?? ''}\\b`, 'm'))
})
