/** So many at once; others wait in the order of their coming. */
export class Slots {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves to true with a slot, which is to be released, or to false when `signal` aborts. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (this.#free > 0) {
      this.#free--
      return true
    }
    return await new Promise<boolean>((resolve) => {
      const given = (): void => {
        signal.removeEventListener('abort', stop)
        resolve(true)
      }
      const stop = (): void => {
        this.#waiting.delete(given)
        resolve(false)
      }
      this.#waiting.add(given)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  release(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
