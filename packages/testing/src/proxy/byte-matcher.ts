/** Finds bytes in a stream that comes in chunks, also when they begin in one and end in another. */
export class ByteMatcher {
  readonly #wanted: Buffer
  #tail: Buffer = Buffer.alloc(0)

  /** Without bytes the first chunk matches, at its start. */
  constructor(wanted: string | Uint8Array | undefined) {
    this.#wanted = Buffer.from(wanted ?? '')
  }

  /** Where in `chunk` the match begins: 0 when it began before; undefined when there is none. */
  find(chunk: Buffer): number | undefined {
    const searched = Buffer.concat([this.#tail, chunk])
    const index = searched.indexOf(this.#wanted)
    const before = this.#tail.length
    const kept = Math.min(searched.length, Math.max(0, this.#wanted.length - 1))
    this.#tail = searched.subarray(searched.length - kept)
    return index === -1 ? undefined : Math.max(0, index - before)
  }
}
