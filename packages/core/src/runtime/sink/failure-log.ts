import type { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Clock } from '../../time/clock.ts'
import type { SinkPlace } from './sink-error.ts'

/** A target that is away for long is told of once in this time. */
export const TELL_AGAIN_MS = 60_000

/** Tells of attempts that fail: of the first one, and of those that still do once a minute. */
export class FailureLog {
  readonly #logger: Logger
  readonly #clock: Clock
  #toldMs = -Infinity

  constructor(logger: Logger, clock: Clock) {
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
    const { code, hint, cause, at } = error
    this.#logger[isDue ? 'warn' : 'debug'](
      `${what}: ${error.message}; trying again in ${next.waitMs} ms`,
      { ...next.at, attempt: next.attempt, code, ...at, hint, cause },
    )
  }

  succeeded(what: string, attempts: number): void {
    if (attempts > 1) this.#logger.info(`${what}: succeeded after ${attempts} attempts`)
    this.#toldMs = -Infinity
  }
}
