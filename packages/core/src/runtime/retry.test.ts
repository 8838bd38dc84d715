import assert from 'node:assert/strict'
import { mock, type TestContext, test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { type LogFields, type Logger, silentLogger } from '../observe/logger.ts'
import { retry, type RetryOptions } from './retry.ts'
import { systemClock } from '../time/clock.ts'

const unavailable = (): MillraceError =>
  new MillraceError('MR_BROKER_UNAVAILABLE', 'no answer from Kafka', { at: { operation: 'poll' } })

/** An operation that fails so often before it succeeds, and takes `costMs` each time. */
class Flaky {
  attempts = 0
  nowMs = 1_000_000
  readonly #failures: number
  readonly #costMs: number
  readonly #error: () => Error

  constructor(failures: number, costMs = 0, error: () => Error = unavailable) {
    this.#failures = failures
    this.#costMs = costMs
    this.#error = error
  }

  run = (): Promise<string> => {
    this.attempts++
    this.nowMs += this.#costMs
    return this.attempts <= this.#failures ? Promise.reject(this.#error()) : Promise.resolve('done')
  }

  options(more: Partial<RetryOptions> = {}): RetryOptions {
    const scheduler = { ...systemClock, nowMs: () => this.nowMs }
    const signal = new AbortController().signal
    return {
      timeoutMs: 1000,
      scheduler,
      random: Math.random,
      logger: silentLogger,
      signal,
      ...more,
    }
  }
}

/** Chance gives the shortest wait: 25, 50, 100 … ms. */
function withoutChance(context: TestContext): void {
  context.mock.method(Math, 'random', () => 0)
}

test('an operation that succeeds runs once', async () => {
  const flaky = new Flaky(0)
  assert.equal(await retry('looking up', flaky.options(), flaky.run), 'done')
  assert.equal(flaky.attempts, 1)
})

test('an error with the action retry is tried again, and both ends are told', async (context) => {
  withoutChance(context)
  const flaky = new Flaky(2)
  const told: [string, LogFields | undefined][] = []
  const note = (message: string, fields?: LogFields): void => {
    told.push([message, fields])
  }
  const logger: Logger = { ...silentLogger, warn: note, info: note }
  assert.equal(await retry('looking up', flaky.options({ logger }), flaky.run), 'done')
  const fields = { code: 'MR_BROKER_UNAVAILABLE', operation: 'poll' }
  assert.deepEqual(told, [
    ['looking up: no answer from Kafka; trying again in 25 ms', { attempt: 1, ...fields }],
    ['looking up: no answer from Kafka; trying again in 50 ms', { attempt: 2, ...fields }],
    ['looking up: succeeded after 3 attempts', undefined],
  ])
})

test('an error with another action is thrown at once', async () => {
  const fenced = new MillraceError('MR_PRODUCER_FENCED', 'fenced')
  const flaky = new Flaky(9, 0, () => fenced)
  await assert.rejects(retry('committing', flaky.options(), flaky.run), (error) => error === fenced)
  assert.equal(flaky.attempts, 1)
})

test('an error of another kind is thrown at once', async () => {
  const flaky = new Flaky(9, 0, () => new TypeError('mistake'))
  await assert.rejects(retry('committing', flaky.options(), flaky.run), { message: 'mistake' })
  assert.equal(flaky.attempts, 1)
})

test('when the time is over the last error is the cause of a time-out', async (context) => {
  withoutChance(context)
  const flaky = new Flaky(9, 500)
  await assert.rejects(retry('committing', flaky.options(), flaky.run), (error) => {
    assert.ok(MillraceError.is(error, 'MR_TASK_TIMEOUT'))
    assert.equal(error.message, 'committing: no success in 1 s')
    assert.ok(MillraceError.is(error.cause, 'MR_BROKER_UNAVAILABLE'))
    assert.deepEqual(error.at, { operation: 'poll' })
    return true
  })
  assert.equal(flaky.attempts, 2)
})

test('an operation that takes longer than the time-out has its one attempt', async () => {
  const flaky = new Flaky(0, 5000)
  assert.equal(await retry('committing', flaky.options(), flaky.run), 'done')
})

test('a signal ends the wait, and the error of the attempt after it is thrown', async () => {
  const stop = new AbortController()
  const flaky = new Flaky(9)
  const warn = mock.fn(() => {
    stop.abort()
  })
  const options = flaky.options({ signal: stop.signal, logger: { ...silentLogger, warn } })
  await assert.rejects(retry('looking up', options, flaky.run), (error) =>
    MillraceError.is(error, 'MR_BROKER_UNAVAILABLE'),
  )
  assert.equal(flaky.attempts, 2)
  assert.equal(warn.mock.callCount(), 1)
})
