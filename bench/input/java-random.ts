const LOW_BITS = 24
const LOW_SIZE = 2 ** LOW_BITS
const LOW_MASK = LOW_SIZE - 1

/** 0x5deece66d in two halves of 24 bits: products of halves are exact in a number. */
const MULTIPLIER_HIGH = 0x5de
const MULTIPLIER_LOW = 0xece66d
const INCREMENT = 0xb

/**
 * `java.util.Random`: the same numbers from the same seed. Its linear congruential generator has 48
 * bits of state, kept here as two halves of 24.
 */
export class JavaRandom {
  #high: number
  #low: number

  /** `seed`: an integer from 0 to 2^48 - 1. */
  constructor(seed: number) {
    this.#high = (Math.floor(seed / LOW_SIZE) ^ MULTIPLIER_HIGH) & LOW_MASK
    this.#low = (seed % LOW_SIZE) ^ MULTIPLIER_LOW
  }

  /** An integer from 0 to `bound - 1`. */
  nextInt(bound: number): number {
    // For a power of two Java takes the high bits, which are the better ones.
    if ((bound & -bound) === bound) return Math.floor((bound * this.#next31()) / 2 ** 31)
    for (;;) {
      const bits = this.#next31()
      const value = bits % bound
      // Java's `bits - value + (bound - 1) < 0` in 32 bits: the last, incomplete block is thrown away.
      if (bits - value + (bound - 1) < 2 ** 31) return value
    }
  }

  #next31(): number {
    const low = this.#low * MULTIPLIER_LOW + INCREMENT
    const carry = Math.floor(low / LOW_SIZE)
    const high = this.#high * MULTIPLIER_LOW + this.#low * MULTIPLIER_HIGH + carry
    this.#low = low % LOW_SIZE
    this.#high = high % LOW_SIZE
    // The highest 31 of 48 bits: all 24 of the high half and 7 of the low one.
    return this.#high * 2 ** 7 + (this.#low >>> (LOW_BITS - 7))
  }
}
