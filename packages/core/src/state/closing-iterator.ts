/**
 * Several iterators one after the other, with a view on each entry; an entry whose view is undefined is
 * passed over. `return` closes those that are left, also when the iteration was never begun, which a
 * generator would not do.
 */
export class ClosingIterator<S, T> implements IterableIterator<T, undefined> {
  readonly #runs: readonly Iterator<S>[]
  readonly #view: (entry: S) => T | undefined
  #current = 0

  constructor(runs: readonly Iterator<S>[], view: (entry: S) => T | undefined) {
    this.#runs = runs
    this.#view = view
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<T, undefined> {
    for (; this.#current < this.#runs.length; this.#current++) {
      const run = this.#runs[this.#current]
      if (run === undefined) break
      for (;;) {
        const { done, value } = run.next() as IteratorResult<S, undefined>
        if (done === true) break
        const seen = this.#view(value)
        if (seen !== undefined) return { done: false, value: seen }
      }
    }
    return { done: true, value: undefined }
  }

  return(): IteratorReturnResult<undefined> {
    for (; this.#current < this.#runs.length; this.#current++) this.#runs[this.#current]?.return?.()
    return { done: true, value: undefined }
  }
}
