/** Loops beside the main course. The first that fails ends the others, and every wait on {@link signal}. */
export class Background {
  readonly signal: AbortSignal
  readonly #stop = new AbortController()
  readonly #running: Promise<void>[] = []

  constructor(interrupted: AbortSignal) {
    this.signal = AbortSignal.any([interrupted, this.#stop.signal])
  }

  start(work: (signal: AbortSignal) => Promise<void>): void {
    const running = work(this.signal).catch((error: unknown) => {
      this.fail(error)
    })
    this.#running.push(running)
  }

  /** Does nothing when it has ended already: the first reason is the one to tell. */
  fail(error: unknown): void {
    this.#stop.abort(error)
  }

  /** Ends the loops and waits for them. */
  async end(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }
}
