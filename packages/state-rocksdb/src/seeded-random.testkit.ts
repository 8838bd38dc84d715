/** Numbers that a seed decides (mulberry32), and how to get the same ones again. */
export class SeededRandom {
  readonly seed: number
  #state: number

  constructor() {
    const asked = process.env['MILLRACE_SEED']
    this.seed = asked === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(asked)
    this.#state = this.seed
  }

  /** For the message of a failure. */
  get repeat(): string {
    const file = process.argv[1] ?? ''
    return `repeat with: MILLRACE_SEED=${this.seed} node --conditions=@millrace/source --test ${file}`
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * bound)
  }
}
