/** Numbers that a seed decides: mulberry32. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * bound)
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0]
  }
}

/** The variable that repeats a property test with the seed of a failure. */
const SEED_VARIABLE = 'MILLRACE_SEED'

/** The seed that was asked for, or a new one. */
export function chooseSeed(): number {
  const asked = process.env[SEED_VARIABLE]
  return asked === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(asked)
}

/** The command that runs this test file with this seed. */
export function repeatCommand(seed: number): string {
  const file = process.argv[1] ?? ''
  return `${SEED_VARIABLE}=${seed} node --conditions=@millrace/source --test ${file}`
}
