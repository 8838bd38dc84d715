import type { RecordQueue } from './record-queue.ts'

/**
 * Tells since when one input of a task has nothing to process.
 *
 * Semantics: an input is idle when its position is its known end, and nothing came or was taken for
 * the duration that its source declared. What happened is noticed by {@link observe}, which the
 * runtime calls between records, at least every 100 ms: so the hot path asks no clock, and idleness
 * begins up to 100 ms late, never early.
 */
export class InputIdleness {
  readonly #queue: RecordQueue
  readonly #idleMs: number
  #position = -1
  /** When something was last seen to happen; undefined before the first look. */
  #activeMs: number | undefined

  constructor(queue: RecordQueue, idleMs: number) {
    this.#queue = queue
    this.#idleMs = idleMs
  }

  /** Returns true when something has happened since the last look, or waits. */
  observe(nowMs: number): boolean {
    const { position } = this.#queue
    if (this.#isQuiet && position === this.#position && this.#activeMs !== undefined) return false
    this.#position = position
    this.#activeMs = nowMs
    return true
  }

  /** When the declared duration runs out, or ran out; undefined while there is something to process. */
  get idleFromMs(): number | undefined {
    if (this.#activeMs === undefined || !this.#isQuiet) return undefined
    return this.#queue.position === this.#position ? this.#activeMs + this.#idleMs : undefined
  }

  /** The next look sees something. */
  reset(): void {
    this.#activeMs = undefined
  }

  get #isQuiet(): boolean {
    return this.#queue.length === 0 && this.#queue.isCaughtUp
  }
}
