import type { Clock, Duration } from '@millrace/core'
import { durationToMs } from '@millrace/core/internal'

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  #nowMs: number

  constructor(startTimeMs = 0) {
    this.#nowMs = startTimeMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  /** Moves the time on. */
  advance(duration: Duration): void {
    this.#nowMs += durationToMs(duration)
  }
}
