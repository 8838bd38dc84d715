import { compareBytes } from '../base/bytes.ts'

/**
 * A bound, excluded, behind every key that is `key` or before it and has `suffix` or less behind it.
 *
 * Keys have no separator, so the suffix of a shorter one is compared with the rest of a longer one:
 * `a` + 00 05 is behind `a 00` + 00 04. The bound is the highest that a beginning of the key gives.
 */
export function boundBehind(key: Uint8Array, suffix: Uint8Array): Uint8Array {
  let length = 0
  while (length < key.length && compareBytes(key.subarray(length), suffix) >= 0) length++
  const bound = new Uint8Array(length + suffix.length + 1)
  bound.set(key.subarray(0, length))
  bound.set(suffix, length)
  return bound
}
