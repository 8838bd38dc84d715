import type { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import { type RetryConfig, RetryPolicy } from '../../sink/retry-policy.ts'
import type { Scheduler } from '../../time/clock.ts'
import { wait } from '../../time/wait.ts'
import { unlessAborted } from './bounded-wait.ts'
import { FailureLog } from './failure-log.ts'
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
