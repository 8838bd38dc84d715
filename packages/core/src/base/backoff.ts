/** Waits that double from `firstMs` to `maxMs`, each shortened by up to a half at random so that members do not retry in step. */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #attempt = 0

  constructor(firstMs: number, maxMs: number, random: () => number) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
    this.#random = random
  }

  nextMs(): number {
    const ms = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#attempt)
    this.#attempt++
    return Math.round(ms * (0.5 + this.#random() / 2))
  }

  reset(): void {
    this.#attempt = 0
  }
}
