import type { Serde } from './serde.ts'
import { serdes } from './serdes.ts'

/** True for a value that the serde takes, and that comes back from its bytes as it is. */
export type ExactValueTest = (value: unknown) => boolean

/** Half of a character: UTF-8 cannot have it. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** Not those of objects, which may be changed later, and not `float`, which rounds. */
const TESTS: ReadonlyMap<unknown, ExactValueTest> = new Map<unknown, ExactValueTest>([
  [serdes.string, (value) => typeof value === 'string' && !LONE_SURROGATE.test(value)],
  // -0 comes back as 0.
  [serdes.long, (value) => Number.isSafeInteger(value) && !Object.is(value, -0)],
  [serdes.integer, isWithin(-0x8000_0000, 0x7fff_ffff)],
  [serdes.short, isWithin(-0x8000, 0x7fff)],
  [serdes.double, (value) => typeof value === 'number'],
  [serdes.boolean, (value) => typeof value === 'boolean'],
  [serdes.bigint, (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value],
])

/**
 * For a serde of primitives: whether a value can be kept in the place of its bytes, which then need
 * not be made at once. Undefined for every other serde.
 */
export function exactValueTest<T>(serde: Serde<T>): ExactValueTest | undefined {
  return TESTS.get(serde)
}

export function isTextSerde<T>(serde: Serde<T>): boolean {
  const candidate: unknown = serde
  return candidate === serdes.string
}

/** The bytes of such a text in UTF-8 are its code units, so the text can be the key of a Map itself. */
export function isAsciiText(text: string): boolean {
  return PRINTABLE_ASCII.test(text)
}

const PRINTABLE_ASCII = /^[ -~]*$/

function isWithin(min: number, max: number): ExactValueTest {
  return (value) =>
    Number.isInteger(value) &&
    !Object.is(value, -0) &&
    // Number.isInteger has seen to it that it is a number.
    (value as number) >= min &&
    (value as number) <= max
}
