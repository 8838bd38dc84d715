import { Backoff } from '../base/backoff.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Clock } from '../time/clock.ts'

/** How long waits are between attempts. */
export interface RetryConfig {
  readonly initialBackoffMs: number
  readonly maxBackoffMs: number
  /** Infinity: never. */
  readonly giveUpAfterMs: number
}

/** What {@link RetryPolicy} stands on. */
export interface RetryPolicyParts {
  readonly config: RetryConfig
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
}

/**
 * The attempts at one thing: how long to wait before the next one, and when to give up. The waits double, with
 * jitter (half of each wait to all of it). Does not wait itself.
 */
export class RetryPolicy {
  readonly #parts: RetryPolicyParts
  readonly #backoff: Backoff
  readonly #startMs: number
  #failures = 0

  /** The time until it gives up begins now. */
  constructor(parts: RetryPolicyParts) {
    const { config, clock, random } = parts
    this.#parts = parts
    this.#backoff = new Backoff(config.initialBackoffMs, config.maxBackoffMs, random)
    this.#startMs = clock.nowMs()
  }

  /** Attempts that have failed. */
  get failures(): number {
    return this.#failures
  }

  /** When it gives up; Infinity for never. */
  get deadlineMs(): number {
    return this.#startMs + this.#parts.config.giveUpAfterMs
  }

  /**
   * How long to wait after an attempt that failed so. Not shorter than `error.at.retryAfterMs`, where the target
   * has asked for that; a wait that would end behind the deadline ends there.
   */
  failed(error: MillraceError): number {
    this.#failures++
    const asked = error.at['retryAfterMs']
    const waitMs = Math.max(this.#backoff.nextMs(), typeof asked === 'number' ? asked : 0)
    const leftMs = this.deadlineMs - this.#parts.clock.nowMs()
    return Math.max(0, Math.min(waitMs, leftMs))
  }

  /** @throws MillraceError `MR_TASK_TIMEOUT` with `cause` when it is time to give up on `what` */
  assertInTime(what: string, cause: MillraceError | undefined): void {
    const nowMs = this.#parts.clock.nowMs()
    if (nowMs < this.deadlineMs) return
    const seconds = Math.round((nowMs - this.#startMs) / 1000)
    throw new MillraceError('MR_TASK_TIMEOUT', `${what}: no success in ${seconds} s`, {
      cause,
      hint: 'Look at the cause, and mend the target; or raise retry.giveUpAfter.',
      at: cause?.at ?? {},
    })
  }
}
