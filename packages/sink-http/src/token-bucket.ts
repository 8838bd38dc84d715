import type { Scheduler } from '@millrace/core/internal'
import { wait } from '@millrace/core/internal'

/** A bound on a rate. */
export interface TokenBucketOptions {
  /** Tokens in `perMs`. */
  readonly requests: number
  readonly perMs: number
  /** Tokens that gather in a pause. */
  readonly burst: number
}

/** Gives tokens at a rate, in the order in which they are asked for. */
export class TokenBucket {
  readonly #scheduler: Scheduler
  readonly #msPerToken: number
  readonly #burstMs: number
  /** When the bucket would be empty: each token moves it on. Never further back than what may gather. */
  #emptyAtMs: number

  constructor(options: TokenBucketOptions, scheduler: Scheduler) {
    this.#scheduler = scheduler
    this.#msPerToken = options.perMs / options.requests
    this.#burstMs = options.burst * this.#msPerToken
    this.#emptyAtMs = scheduler.nowMs() - this.#burstMs
  }

  /** Resolves when there is a token, which is taken, or when `signal` aborts. */
  async take(signal: AbortSignal): Promise<void> {
    const nowMs = this.#scheduler.nowMs()
    this.#emptyAtMs = Math.max(this.#emptyAtMs, nowMs - this.#burstMs) + this.#msPerToken
    if (this.#emptyAtMs > nowMs) await wait(this.#scheduler, this.#emptyAtMs - nowMs, signal)
  }
}
