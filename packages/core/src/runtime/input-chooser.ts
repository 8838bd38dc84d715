import type { InputQueue } from './task-inputs.ts'

export interface InputChooserOptions {
  readonly maxTaskIdleMs: number
}

/**
 * Decides which input of a task is next: the one whose first record has the lowest timestamp.
 *
 * Semantics (KIP-695): while an input is empty, the others wait until the broker is known to hold
 * nothing more for it, and `maxTaskIdleMs` longer; -1 does not wait at all.
 */
export class InputChooser {
  readonly #queues: readonly InputQueue[]
  readonly #maxTaskIdleMs: number
  /** Since when the task could go on, but for an empty input. */
  #idleSinceMs: number | undefined

  constructor(queues: readonly InputQueue[], options: InputChooserOptions) {
    this.#queues = queues
    this.#maxTaskIdleMs = options.maxTaskIdleMs
  }

  isReady(nowMs: number): boolean {
    return this.#hasRecords() && this.#mayGoOn(() => nowMs)
  }

  /** `nowMs` is asked only where waiting is in question: the clock costs as much as the choice. */
  choose(nowMs: () => number): InputQueue | undefined {
    if (this.#queues.length === 1) {
      const only = this.#queues[0]
      return only?.queue.headTimestampMs() === undefined ? undefined : only
    }
    let best: InputQueue | undefined
    let bestMs = Infinity
    for (const input of this.#queues) {
      const timestampMs = input.queue.headTimestampMs()
      if (timestampMs !== undefined && timestampMs < bestMs) {
        best = input
        bestMs = timestampMs
      }
    }
    return best !== undefined && this.#mayGoOn(nowMs) ? best : undefined
  }

  #hasRecords(): boolean {
    for (const { queue } of this.#queues) if (queue.length > 0) return true
    return false
  }

  #mayGoOn(nowMs: () => number): boolean {
    if (this.#maxTaskIdleMs === -1) return true
    let empty = 0
    for (const { queue } of this.#queues) {
      if (queue.length > 0) continue
      if (!queue.isCaughtUp) return false
      empty++
    }
    if (empty === 0) {
      this.#idleSinceMs = undefined
      return true
    }
    if (this.#maxTaskIdleMs === 0) return true
    const now = nowMs()
    this.#idleSinceMs ??= now
    return now - this.#idleSinceMs >= this.#maxTaskIdleMs
  }
}
