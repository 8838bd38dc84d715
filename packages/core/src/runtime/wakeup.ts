/** Lets one loop sleep until a time, or until something happened. A wake-up while it is awake is kept. */
export class Wakeup {
  #isPending = false
  #resume: (() => void) | undefined

  wake(): void {
    this.#isPending = true
    this.#resume?.()
  }

  /** Returns at the latest after `maxMs`; always gives timers and I/O a turn. */
  async wait(maxMs: number): Promise<void> {
    if (this.#isPending || maxMs <= 0) {
      await new Promise<void>((resolve) => setImmediate(resolve))
    } else {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, maxMs)
        this.#resume = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#resume = undefined
    }
    this.#isPending = false
  }
}
