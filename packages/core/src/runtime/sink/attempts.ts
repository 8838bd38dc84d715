import type { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import { type RetryConfig, RetryPolicy } from '../../sink/retry-policy.ts'
import type { Scheduler } from '../../time/clock.ts'
import { wait } from '../../time/wait.ts'
import { unlessAborted } from './bounded-wait.ts'
import { mayBeTriedAgain, sinkError, type SinkPlace } from './sink-error.ts'
import type { SinkGate } from './sink-gate.ts'

export interface AttemptParts {
  readonly gate: SinkGate
  readonly config: RetryConfig
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly at: SinkPlace
}

/** A target that is away for long is told of once in this time. */
const TELL_AGAIN_MS = 60_000

/** Tells of attempts that fail: of the first one, and of those that still do once a minute. */
export class FailureLog {
  readonly #logger: Logger
  readonly #clock: Scheduler
  #toldMs = -Infinity

  constructor(logger: Logger, clock: Scheduler) {
    this.#logger = logger
    this.#clock = clock
  }

  failed(
    what: string,
    error: MillraceError,
    next: { waitMs: number; attempt: number; at: SinkPlace },
  ): void {
    const nowMs = this.#clock.nowMs()
    const isDue = nowMs - this.#toldMs >= TELL_AGAIN_MS
    if (isDue) this.#toldMs = nowMs
    this.#logger[isDue ? 'warn' : 'debug'](
      `${what}: ${error.message}; trying again in ${next.waitMs} ms`,
      { ...next.at, attempt: next.attempt, code: error.code, ...error.at, cause: error.cause },
    )
  }

  succeeded(what: string, attempts: number): void {
    if (attempts > 1) this.#logger.info(`${what}: succeeded after ${attempts} attempts`)
    this.#toldMs = -Infinity
  }
}

/**
 * Repeats what asks a sink's target, behind its circuit breaker, while the error says that it may succeed later.
 *
 * @returns undefined when `signal` aborted before it was done; what is under way goes on then
 * @throws MillraceError any other error, or `MR_TASK_TIMEOUT`
 */
export async function untilDone<T>(
  what: string,
  parts: AttemptParts,
  operation: () => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  const { gate, config, scheduler, random, signal, logger, at } = parts
  const retry = new RetryPolicy({ config, clock: scheduler, random })
  const log = new FailureLog(logger, scheduler)
  let last: MillraceError | undefined
  while (!signal.aborted) {
    retry.assertInTime(what, last)
    const permit = await gate.enter(signal)
    if (permit === undefined) return undefined
    try {
      const work = operation().then((result) => ({ result }))
      const done = await unlessAborted(signal, work)
      if (done === undefined) {
        permit.abandoned()
        return undefined
      }
      permit.succeeded()
      log.succeeded(what, retry.failures + 1)
      return done
    } catch (error) {
      last = sinkError(error, what, at)
      if (!mayBeTriedAgain(last)) {
        permit.abandoned()
        throw last
      }
      permit.failed(last)
      const waitMs = retry.failed(last)
      log.failed(what, last, { waitMs, attempt: retry.failures, at })
      await wait(scheduler, waitMs, signal)
    }
  }
  return undefined
}
