type Waiter = (hasSlot: boolean) => void

/** So many at once; others wait in the order of their coming. */
export class Slots {
  #free: number
  readonly #waiting = new Set<Waiter>()
  /** Those of one signal together: a listener for each would be searched through by each that is added. */
  readonly #bySignal = new WeakMap<AbortSignal, Set<Waiter>>()

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
      const together = this.#waitersOf(signal)
      const waiter: Waiter = (hasSlot) => {
        this.#waiting.delete(waiter)
        together.delete(waiter)
        resolve(hasSlot)
      }
      this.#waiting.add(waiter)
      together.add(waiter)
    })
  }

  release(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#free++
    else next(true)
  }

  #waitersOf(signal: AbortSignal): Set<Waiter> {
    const known = this.#bySignal.get(signal)
    if (known !== undefined) return known
    const waiters = new Set<Waiter>()
    this.#bySignal.set(signal, waiters)
    signal.addEventListener(
      'abort',
      () => {
        for (const waiter of [...waiters]) waiter(false)
      },
      { once: true },
    )
    return waiters
  }
}
