/** Runs what it is given one after the other, in the order of the calls. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()

  run<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(body)
    this.#tail = result.catch(() => undefined) // Its caller gets the error; the next one starts all the same.
    return result
  }
}
