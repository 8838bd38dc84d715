/** What happened in a run, in the order in which it happened. */
export interface TraceLine {
  readonly atMs: number
  /** A process, or `world`. */
  readonly who: string
  readonly kind: 'fault' | 'life' | 'log'
  /** Made when it is printed, which for most runs is never. */
  readonly text: string | (() => string)
}

/** The lines of a run, with times from its start. Log lines are kept as long as they are few. */
export class Trace {
  readonly #nowMs: () => number
  readonly #startMs: number
  readonly #lines: TraceLine[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#startMs = nowMs()
  }

  get lines(): readonly TraceLine[] {
    return this.#lines
  }

  add(kind: TraceLine['kind'], who: string, text: TraceLine['text']): void {
    this.#lines.push({ atMs: this.#nowMs() - this.#startMs, who, kind, text })
  }

  print(kinds: readonly TraceLine['kind'][]): string {
    return this.#lines
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ atMs, who, kind, text }) => {
        const time = `${String(atMs).padStart(7)} ms`
        return `  ${time}  ${who.padEnd(6)} ${kind.padEnd(5)} ${typeof text === 'string' ? text : text()}`
      })
      .join('\n')
  }
}
