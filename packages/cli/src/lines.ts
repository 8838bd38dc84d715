/** What a member writes without a line end is cut here, so that it cannot fill the memory. */
const MAX_LINE_LENGTH = 64 * 1024

/** Makes lines of the pieces in which a stream delivers text. */
export class Lines {
  readonly #decoder = new TextDecoder()
  #rest = ''

  /** The lines that are complete now, without their ends. */
  push(chunk: Uint8Array): readonly string[] {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true })
    const lines = text.split('\n')
    this.#rest = lines.pop() ?? ''
    while (this.#rest.length > MAX_LINE_LENGTH) {
      lines.push(this.#rest.slice(0, MAX_LINE_LENGTH))
      this.#rest = this.#rest.slice(MAX_LINE_LENGTH)
    }
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }

  /** What came after the last line end. */
  end(): readonly string[] {
    const rest = this.#rest + this.#decoder.decode()
    this.#rest = ''
    return rest === '' ? [] : [rest]
  }
}
