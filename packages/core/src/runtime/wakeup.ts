import type { Scheduler } from '../time/clock.ts'

/** Lets one loop sleep until a time, or until something happened. A wake-up while it is awake is kept. */
export class Wakeup {
  readonly #scheduler: Scheduler
  #isPending = false
  #resume: (() => void) | undefined

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  wake(): void {
    this.#isPending = true
    this.#resume?.()
  }

  /** Returns at the latest after `maxMs`; always gives timers and I/O a turn. */
  async wait(maxMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#isPending || maxMs <= 0) {
        this.#scheduler.setTimer(0, resolve)
        return
      }
      const cancel = this.#scheduler.setTimer(maxMs, resolve)
      this.#resume = () => {
        cancel()
        resolve()
      }
    })
    this.#resume = undefined
    this.#isPending = false
  }
}
