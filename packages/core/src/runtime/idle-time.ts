import type { InputIdleness } from './input-idleness.ts'

/**
 * Where event time has come while all inputs of a task are idle.
 *
 * Semantics: it goes on from the stream time that the last activity left, at the speed of the wall
 * clock, counted from the moment at which the last of the inputs became idle. A task without a stream
 * time has nothing to go on from.
 */
export class IdleTime {
  readonly #inputs: readonly InputIdleness[]
  /** Stream time when something last happened; idle time is counted from here. */
  #baseMs = -1

  /** @param inputs those of the task, all of them: an input without a declared idleness is never idle */
  constructor(inputs: readonly InputIdleness[]) {
    this.#inputs = inputs
  }

  /** To be called between records, often. */
  observe(nowMs: number, streamTimeMs: number): void {
    let isActive = false
    for (const input of this.#inputs) if (input.observe(nowMs)) isActive = true
    if (isActive) this.#baseMs = streamTimeMs
  }

  isIdle(nowMs: number): boolean {
    return nowMs >= this.#idleFromMs
  }

  /** Event time at `nowMs`; undefined while an input is not idle, or when the task has no time yet. */
  timeAt(nowMs: number): number | undefined {
    if (this.#baseMs < 0 || !this.isIdle(nowMs)) return undefined
    return this.#baseMs + (nowMs - this.#idleFromMs)
  }

  reset(): void {
    for (const input of this.#inputs) input.reset()
  }

  /** Infinity while an input has something to process. */
  get #idleFromMs(): number {
    let fromMs = -Infinity
    for (const { idleFromMs = Infinity } of this.#inputs)
      if (idleFromMs > fromMs) fromMs = idleFromMs
    return fromMs
  }
}
