/** Every update of every word, in the order in which the output topic holds them. */
export class Ledger {
  readonly #updates = new Map<string, number[]>()
  #total = 0

  add(word: string, count: number): void {
    this.#total++
    const updates = this.#updates.get(word)
    if (updates === undefined) this.#updates.set(word, [count])
    else updates.push(count)
  }

  /** Updates of all words. */
  get total(): number {
    return this.#total
  }

  get words(): Iterable<string> {
    return this.#updates.keys()
  }

  updatesOf(word: string): readonly number[] {
    return this.#updates.get(word) ?? []
  }

  /** The words with the largest last counts. */
  top(size: number): readonly (readonly [word: string, count: number])[] {
    const last = [...this.#updates].map(([word, counts]) => [word, counts.at(-1) ?? 0] as const)
    return last.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, size)
  }
}
