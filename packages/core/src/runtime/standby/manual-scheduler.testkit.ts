import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Scheduler } from '../../time/clock.ts'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

/** Time that passes when the test says so. */
export class ManualScheduler implements Scheduler {
  readonly #timers = new Set<Timer>()
  #nowMs = 0

  nowMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Lets time pass, timer by timer, with all that follows from each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await nextTurn()
    for (let next = this.#first(endMs); next !== undefined; next = this.#first(endMs)) {
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
      await nextTurn()
    }
    this.#nowMs = endMs
  }

  #first(endMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (first === undefined || timer.atMs < first.atMs)) first = timer
    }
    return first
  }
}
