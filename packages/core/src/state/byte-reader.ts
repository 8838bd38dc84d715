import { readLong } from '../base/long-bytes.ts'

/** Reads Java's `ByteBuffer` from front to back. @throws RangeError where the bytes end too soon */
export class ByteReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get offset(): number {
    return this.#at
  }

  int(): number {
    const value = this.#bytes.readInt32BE(this.#at)
    this.#at += 4
    return value
  }

  long(): number {
    const value = readLong(this.#bytes, this.#at)
    this.#at += 8
    return value
  }

  /** The memory itself, not a copy. */
  bytes(length: number): Buffer {
    const end = this.#at + length
    if (length < 0 || end > this.#bytes.length) {
      throw new RangeError(`${length} bytes at ${this.#at} of ${this.#bytes.length}`)
    }
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }

  /** Bytes behind their length, which is -1 for null. */
  sized(): Buffer | null {
    const length = this.int()
    return length === -1 ? null : this.bytes(length)
  }
}
