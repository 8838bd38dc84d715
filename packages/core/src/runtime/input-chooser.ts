import { InputHeap } from './input-heap.ts'
import type { InputQueue } from './task-inputs.ts'

export interface InputChooserOptions {
  readonly maxTaskIdleMs: number
}

/**
 * Decides which input of a task is next: the one whose first record has the lowest timestamp. Of equal ones it is
 * the one that Kafka Streams takes (`PartitionGroup`), given that records come in the same order.
 *
 * Semantics (KIP-695): while an input is empty, the others wait until the broker is known to hold
 * nothing more for it, and `maxTaskIdleMs` longer; -1 does not wait at all. An input that had a record
 * is waited for anew: one that is always empty does not cost the others their order. An input that
 * is idle, as its source declared, is not waited for.
 */
export class InputChooser {
  readonly #queues: readonly InputQueue[]
  readonly #maxTaskIdleMs: number
  /** Since when an input is waited for, by its place in the list. */
  readonly #emptySinceMs: (number | undefined)[] = []
  /** Inputs with records whose first one is not decoded yet, in the order in which they got it. */
  #pending: InputQueue[] = []
  readonly #heap = new InputHeap<InputQueue>()

  constructor(queues: readonly InputQueue[], options: InputChooserOptions) {
    this.#queues = queues
    this.#maxTaskIdleMs = options.maxTaskIdleMs
    if (queues.length > 1) for (const input of queues) this.#watch(input)
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
    this.#offerPending()
    const best = this.#heap.top
    return best !== undefined && this.#mayGoOn(nowMs) ? best : undefined
  }

  #watch(input: InputQueue): void {
    const filled = (): void => {
      this.#pending.push(input)
    }
    input.queue.watcher = {
      filled,
      taken: () => {
        this.#heap.poll()
        if (input.queue.length > 0) filled()
      },
      reset: () => {
        this.#forget(input)
      },
    }
    if (input.queue.length > 0) filled()
  }

  /** When decoding throws, the input stays the first of those that wait for it. */
  #offerPending(): void {
    for (let input = this.#pending[0]; input !== undefined; input = this.#pending[0]) {
      if (input.queue.headTimestampMs() !== undefined) this.#heap.offer(input)
      this.#pending.shift()
    }
  }

  #forget(input: InputQueue): void {
    this.#pending = this.#pending.filter((one) => one !== input)
    this.#heap.remove(input)
  }

  #hasRecords(): boolean {
    for (const { queue } of this.#queues) if (queue.length > 0) return true
    return false
  }

  #mayGoOn(nowMs: () => number): boolean {
    if (this.#maxTaskIdleMs === -1) return true
    let isReady = true
    for (let i = 0; i < this.#queues.length; i++) {
      const input = this.#queues[i]
      if (input === undefined || input.queue.length > 0) {
        this.#emptySinceMs[i] = undefined
      } else if (!input.queue.isCaughtUp) {
        return false
      } else if (this.#maxTaskIdleMs > 0) {
        const now = nowMs()
        const since = (this.#emptySinceMs[i] ??= now)
        const { idleFromMs = Infinity } = input.idleness ?? {}
        if (now < Math.min(since + this.#maxTaskIdleMs, idleFromMs)) isReady = false
      }
    }
    return isReady
  }
}
