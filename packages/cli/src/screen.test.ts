import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { Screen } from './screen.ts'

const ERASE = '\r\u001b[K'

/** A stream that says it is a terminal, 20 characters wide. */
function terminal(): PassThrough & { isTTY: true; columns: number } {
  return Object.assign(new PassThrough(), { isTTY: true as const, columns: 20 })
}

const written = (stream: PassThrough): string => String(stream.read() ?? '')

test('a status line stays below the lines on a terminal, and is cut to its width', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setImmediate'] })
  const stdout = terminal()
  const stderr = terminal()
  const status = (): string => 'status of all the members'
  const screen = new Screen({ stdout, stderr, status, statusIntervalMs: 10 })
  screen.start()
  t.mock.timers.tick(250)
  assert.equal(stripVTControlCharacters(written(stderr)), 'status of all the m')
  screen.line(1, 'stdout', 'hello')
  assert.ok(written(stderr).startsWith(ERASE))
  assert.equal(stripVTControlCharacters(written(stdout)), '[1] hello\n')
  t.mock.timers.tick(1)
  assert.equal(stripVTControlCharacters(written(stderr)), 'status of all the m')
  screen.stop()
  assert.equal(written(stderr), ERASE)
})

test('what is no terminal gets lines without colours or control characters', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setImmediate'] })
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const screen = new Screen({ stdout, stderr, status: () => 'all well', statusIntervalMs: 1000 })
  screen.start()
  screen.line(0, 'stderr', 'hello')
  screen.say('a word')
  t.mock.timers.tick(1000)
  screen.stop()
  assert.equal(written(stderr), '[0] hello\nmillrace: a word\nmillrace: all well\n')
  assert.equal(written(stdout), '')
})
