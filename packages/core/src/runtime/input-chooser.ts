import type { RecordQueue } from './record-queue.ts'

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
  readonly #queues: readonly RecordQueue[]
  readonly #maxTaskIdleMs: number
  /** Since when the task could go on, but for an empty input. */
  #idleSinceMs: number | undefined

  constructor(queues: readonly RecordQueue[], options: InputChooserOptions) {
    this.#queues = queues
    this.#maxTaskIdleMs = options.maxTaskIdleMs
  }

  isReady(nowMs: number): boolean {
    return this.#hasRecords() && this.#mayGoOn(nowMs)
  }

  choose(nowMs: number): RecordQueue | undefined {
    if (this.#queues.length === 1) {
      const only = this.#queues[0]
      return only?.headTimestampMs() === undefined ? undefined : only
    }
    let best: RecordQueue | undefined
    let bestMs = Infinity
    for (const queue of this.#queues) {
      const timestampMs = queue.headTimestampMs()
      if (timestampMs !== undefined && timestampMs < bestMs) {
        best = queue
        bestMs = timestampMs
      }
    }
    return best !== undefined && this.#mayGoOn(nowMs) ? best : undefined
  }

  #hasRecords(): boolean {
    for (const queue of this.#queues) if (queue.length > 0) return true
    return false
  }

  #mayGoOn(nowMs: number): boolean {
    if (this.#maxTaskIdleMs === -1) return true
    let empty = 0
    for (const queue of this.#queues) {
      if (queue.length > 0) continue
      if (!queue.isCaughtUp) return false
      empty++
    }
    if (empty === 0) {
      this.#idleSinceMs = undefined
      return true
    }
    if (this.#maxTaskIdleMs === 0) return true
    this.#idleSinceMs ??= nowMs
    return nowMs - this.#idleSinceMs >= this.#maxTaskIdleMs
  }
}
