import { Backoff } from '../base/backoff.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Logger } from '../observe/logger.ts'
import type { Scheduler } from '../time/clock.ts'
import { wait } from '../time/wait.ts'

export interface RetryOptions {
  readonly timeoutMs: number
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Short enough to resume at once after a blip, long enough not to spin. */
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 5000

/**
 * Repeats `operation` while its error says 'retry' (Kafka Streams: `task.timeout.ms`).
 *
 * @throws MillraceError `MR_TASK_TIMEOUT` with the last error as its cause when that takes longer than
 * `timeoutMs`; any other error at once.
 */
export async function retry<T>(
  what: string,
  options: RetryOptions,
  operation: () => Promise<T>,
): Promise<T> {
  const { scheduler, random, logger, signal, timeoutMs } = options
  const startMs = scheduler.nowMs()
  const backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS, random)
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await operation()
      if (attempt > 1) logger.info(`${what}: succeeded after ${attempt} attempts`)
      return result
    } catch (error) {
      if (!MillraceError.is(error) || error.action !== 'retry' || signal.aborted) throw error
      const spentMs = scheduler.nowMs() - startMs
      if (spentMs >= timeoutMs) throw timedOut(what, spentMs, error)
      const waitMs = backoff.nextMs()
      logger.warn(`${what}: ${error.message}; trying again in ${waitMs} ms`, {
        attempt,
        code: error.code,
        ...error.at,
      })
      await wait(scheduler, waitMs, signal)
    }
  }
}

function timedOut(what: string, spentMs: number, cause: MillraceError): MillraceError {
  return new MillraceError(
    'MR_TASK_TIMEOUT',
    `${what}: no success in ${Math.round(spentMs / 1000)} s`,
    {
      cause,
      hint: 'Check that the brokers are up and reachable, or raise taskTimeout.',
      at: cause.at,
    },
  )
}
