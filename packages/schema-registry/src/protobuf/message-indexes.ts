import { HEADER_BYTES } from '../serde/wire-format.ts'

/** The bytes between header and message: which message of its file it is. The first one, `[0]`, is a single zero. */
export function encodeIndexes(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.of(0)
  const bytes: number[] = []
  for (const number of [indexes.length, ...indexes]) {
    let rest = number * 2 // zig-zag
    while (rest > 127) {
      bytes.push((rest & 127) | 128)
      rest = Math.floor(rest / 128)
    }
    bytes.push(rest)
  }
  return Buffer.from(bytes)
}

export interface ReadIndexes {
  readonly indexes: readonly number[]
  /** Where the message begins. */
  readonly end: number
}

const FIRST: readonly number[] = [0]
/** Deeper than anyone nests messages: more is not a record in this format. */
const MAX_DEPTH = 100
const MAX_SHIFT = 28

/** @throws RangeError for bytes that are no indexes */
export function readIndexes(bytes: Uint8Array): ReadIndexes {
  const reader = new VarintReader(bytes, HEADER_BYTES)
  const count = reader.next()
  if (count === 0) return { indexes: FIRST, end: reader.position }
  if (count < 0 || count > MAX_DEPTH) throw new RangeError(`they have ${count} message indexes`)
  const indexes: number[] = []
  for (let i = 0; i < count; i++) indexes.push(reader.next())
  return { indexes, end: reader.position }
}

class VarintReader {
  readonly #bytes: Uint8Array
  position: number

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.position = position
  }

  next(): number {
    let number = 0
    for (let shift = 0; shift <= MAX_SHIFT; shift += 7) {
      const byte = this.#bytes[this.position++]
      if (byte === undefined) throw new RangeError('they end within the message indexes')
      number |= (byte & 127) << shift
      if (byte < 128) return (number >>> 1) ^ -(number & 1)
    }
    throw new RangeError('a message index is too large')
  }
}
