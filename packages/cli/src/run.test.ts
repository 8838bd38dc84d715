import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { FIXTURE, isAlive, MillraceProcess, until } from './millrace-process.testkit.ts'

const FAST = ['--restart-backoff', '10', '--name', 'm']

describe('millrace run', { concurrency: 2 }, () => {
  test('each member has a name and a folder of its own, and its number before each line', async (t) => {
    const args = ['--processes', '2', '--state-dir', 'states', '--name', 'host', '--', 'idle']
    const millrace = new MillraceProcess(t, 'run', FIXTURE, ...args)
    await millrace.untilSaid('warns', 2)
    millrace.signal('SIGTERM')
    assert.equal(await millrace.untilEnded(), 0)
    const folder = join(process.cwd(), 'states')
    assert.deepEqual(millrace.stdout.trim().split('\n').sort(), [
      `[0] is host-0 in ${join(folder, 'member-0')}`,
      '[0] leaves after SIGTERM',
      `[1] is host-1 in ${join(folder, 'member-1')}`,
      '[1] leaves after SIGTERM',
    ])
    assert.match(millrace.stderr, /^\[0\] warns, pid \d+$/m)
    assert.match(millrace.stderr, /^\[1\] warns, pid \d+$/m)
  })

  test('SIGINT is passed on as SIGINT', async (t) => {
    const millrace = new MillraceProcess(t, 'run', FIXTURE, '--processes', '1', '--', 'idle')
    await millrace.untilSaid('warns')
    millrace.signal('SIGINT')
    assert.equal(await millrace.untilEnded(), 0)
    assert.match(millrace.stdout, /leaves after SIGINT/)
  })

  test('a member that ends with success is not started again', async (t) => {
    const millrace = new MillraceProcess(t, 'run', FIXTURE, '--processes', '2', '--', 'finish')
    assert.equal(await millrace.untilEnded(), 0)
    assert.deepEqual(millrace.stdout.trim().split('\n').sort(), ['[0] finishes', '[1] finishes'])
  })

  test('a member that is killed comes back under the same name', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'))
    t.after(() => rm(folder, { recursive: true }))
    const args = ['--processes', '1', ...FAST, '--', 'crash-once', join(folder, 'crashed')]
    const millrace = new MillraceProcess(t, 'run', FIXTURE, ...args)
    await millrace.untilSaid('lives as m-0')
    assert.match(millrace.stderr, /member 0 ended by SIGKILL; it is started again in 10 ms/)
    millrace.signal('SIGTERM')
    assert.equal(await millrace.untilEnded(), 0)
  })

  test('a member that always crashes stops all, with its status', async (t) => {
    const args = ['--processes', '1', '--max-restarts', '2', ...FAST, '--', 'crash']
    const millrace = new MillraceProcess(t, 'run', FIXTURE, ...args)
    assert.equal(await millrace.untilEnded(), 3)
    assert.deepEqual(millrace.stderr.trim().split('\n'), [
      'millrace: member 0 ended with status 3; it is started again in 10 ms',
      'millrace: member 0 ended with status 3; it is started again in 20 ms',
      'millrace: member 0 ended with status 3, after 2 restarts within 300000 ms: stopping all members',
    ])
  })

  test('a module that throws at load is not tried again', async (t) => {
    const millrace = new MillraceProcess(t, 'run', FIXTURE, '--processes', '1', '--', 'throw')
    assert.equal(await millrace.untilEnded(), 1)
    assert.match(millrace.stderr, /^\[0\] Error: broken at load$/m)
    assert.match(millrace.stderr, /before its app did anything; it is not started again/)
  })

  test('a member that ignores SIGTERM is killed after the close timeout', async (t) => {
    const args = ['--processes', '1', '--close-timeout', '200', '--', 'stubborn']
    const millrace = new MillraceProcess(t, 'run', FIXTURE, ...args)
    await millrace.untilSaid('stays')
    millrace.signal('SIGTERM')
    assert.equal(await millrace.untilEnded(), 128 + 9)
    assert.match(millrace.stderr, /have not ended within 200 ms: killing them/)
  })

  test('a second signal kills', async (t) => {
    const millrace = new MillraceProcess(t, 'run', FIXTURE, '--processes', '1', '--', 'stubborn')
    await millrace.untilSaid('stays')
    millrace.signal('SIGTERM')
    // One that follows at once is the same key press, seen twice; so it takes a few. They go on until
    // it is gone: a signal in its last moments does not take its status.
    const again = setInterval(() => {
      millrace.signal('SIGTERM')
    }, 1)
    t.after(() => {
      clearInterval(again)
    })
    assert.equal(await millrace.untilEnded(), 128 + 9)
    assert.match(millrace.stderr, /SIGTERM again: killing the members/)
  })

  test('the state of the members is told now and then', async (t) => {
    const args = ['--processes', '2', '--status-interval', '50', '--', 'idle']
    const millrace = new MillraceProcess(t, 'run', FIXTURE, ...args)
    await millrace.untilSaid('2 of 2 running  0 records  0/s  lag 0  restarts 0')
    millrace.signal('SIGTERM')
    assert.equal(await millrace.untilEnded(), 0)
  })
})

describe('what outlives what', { concurrency: 2 }, () => {
  test('members leave when the supervisor is killed', async (t) => {
    const millrace = new MillraceProcess(t, 'run', FIXTURE, '--processes', '1', '--', 'idle')
    await millrace.untilSaid('warns')
    const pid = Number(/warns, pid (\d+)/.exec(millrace.stderr)?.[1])
    millrace.signal('SIGKILL')
    await until('the member is gone', () => !isAlive(pid))
  })

  test('a process below a member, which holds its output open, does not keep millrace', async (t) => {
    const args = ['--processes', '1', '--', 'leave-behind']
    const millrace = new MillraceProcess(t, 'run', FIXTURE, ...args)
    assert.equal(await millrace.untilEnded(), 0)
    const pid = Number(/leaves (\d+) behind/.exec(millrace.stdout)?.[1])
    assert.ok(isAlive(pid))
    process.kill(pid, 'SIGKILL')
  })

  test('members end in order when nobody reads their output any more', async (t) => {
    const args = ['--processes', '1', '--', 'chatty']
    const millrace = new MillraceProcess(t, 'run', FIXTURE, ...args)
    await millrace.untilSaid('says 3')
    millrace.closeOutput()
    assert.equal(await millrace.untilEnded(), 0, millrace.stderr)
    assert.doesNotMatch(millrace.stderr, /kill/i)
  })

  test('a member whose supervisor is gone before it is loaded leaves', async (t) => {
    const member = fork(FIXTURE, ['late'], {
      env: { ...process.env, MILLRACE_INSTANCE: 'm' },
      execArgv: ['--conditions=@millrace/source'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    t.after(() => member.kill('SIGKILL'))
    member.disconnect()
    await until('the member is gone', () => member.exitCode !== null || member.signalCode !== null)
  })

  test('no line is lost when members write faster than their output is read', async (t) => {
    const millrace = new MillraceProcess(
      t,
      'run',
      FIXTURE,
      '--processes',
      '1',
      '--',
      'flood',
      '20000',
    )
    assert.equal(await millrace.untilEnded(), 0)
    const lines = millrace.stdout.trim().split('\n')
    assert.equal(lines.length, 20_000)
    assert.ok(lines.every((line, n) => line.startsWith(`[0] line ${n} x`)))
  })
})

describe('wrong arguments', { concurrency: 2 }, () => {
  const cases: readonly (readonly [args: readonly string[], message: string])[] = [
    [[], 'a command is missing'],
    [['deploy'], 'there is no command "deploy"'],
    [['run'], '`run` needs a FILE'],
    [['run', 'no-such-file.js'], 'cannot be run: there is no such file'],
    [['run', tmpdir()], 'cannot be run: it is no file'],
    [['run', FIXTURE, '--processes', 'two'], '--processes must be a whole number from 1 to 256'],
    [['run', FIXTURE, '--processes', '0'], '--processes must be a whole number from 1 to 256'],
    [['run', FIXTURE, '--processes'], '--processes needs a value: --processes N'],
    [['run', FIXTURE, '--proceses', '2'], 'there is no option --proceses'],
    [['run', FIXTURE, 'more'], 'arguments of the module go behind --'],
    [['run', FIXTURE, '--name', 'a b'], "--name may hold letters, digits, '.', '_' and '-' only"],
  ]
  for (const [args, message] of cases) {
    test(`${message.replace(/:.*/, '')}: told with status 2`, async (t) => {
      const millrace = new MillraceProcess(t, ...args)
      assert.equal(await millrace.untilEnded(), 2)
      assert.ok(millrace.stderr.includes(message), millrace.stderr)
      assert.equal(millrace.stdout, '')
    })
  }

  test('--help has every option, --version the version of the package', async (t) => {
    const help = new MillraceProcess(t, '--help')
    assert.equal(await help.untilEnded(), 0)
    assert.match(help.stdout, /^Usage: millrace run FILE/)
    const version = new MillraceProcess(t, '--version')
    assert.equal(await version.untilEnded(), 0)
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
  })
})
