import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { consoleLogger, type LogLevel } from './console-logger.ts'
import type { Logger } from './logger.ts'

/** The lines that go to standard error while `body` runs, without their times. */
function lines(body: () => void): string[] {
  const written: string[] = []
  const write = mock.method(process.stderr, 'write', (text: string) => {
    written.push(text)
    return true
  })
  try {
    body()
  } finally {
    write.mock.restore()
  }
  return written.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /, ''))
}

function logAll(logger: Logger): void {
  logger.debug('d')
  logger.info('i')
  logger.warn('w')
  logger.error('e')
}

const LEVELS: readonly (readonly [LogLevel, readonly string[]])[] = [
  ['debug', ['DEBUG d\n', 'INFO i\n', 'WARN w\n', 'ERROR e\n']],
  ['info', ['INFO i\n', 'WARN w\n', 'ERROR e\n']],
  ['warn', ['WARN w\n', 'ERROR e\n']],
  ['error', ['ERROR e\n']],
]

for (const [level, expected] of LEVELS) {
  test(`from ${level} up there are ${expected.length} levels`, () => {
    assert.deepEqual(
      lines(() => {
        logAll(consoleLogger(level))
      }),
      expected,
    )
  })
}

test('the least level is info when none is given', () => {
  const written = lines(() => {
    logAll(consoleLogger())
  })
  assert.equal(written.length, 3)
})

test('fields follow the message as JSON, on the same line', () => {
  const written = lines(() => {
    consoleLogger().info('created', { topic: 'clicks', partitions: 4 })
  })
  assert.deepEqual(written, ['INFO created {"topic":"clicks","partitions":4}\n'])
})

test('an error among the fields shows its message, its stack and its cause', () => {
  const error = new Error('above', { cause: new Error('below') })
  const [line = ''] = lines(() => {
    consoleLogger().error('failed', { error })
  })
  const { error: printed } = JSON.parse(line.slice('ERROR failed '.length)) as {
    error: { message: string; stack: string; cause: { message: string } }
  }
  assert.equal(printed.message, 'above')
  assert.match(printed.stack, /^Error: above\n {4}at /)
  assert.equal(printed.cause.message, 'below')
})
