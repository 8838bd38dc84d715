import type { Cancellable, PunctuationType } from '../processor/processor.ts'
import { type Punctuation, PunctuationQueue, type Schedule } from './punctuation.ts'

/** The punctuators of one task, under both notions of time. */
export class TaskPunctuations {
  readonly #stream = new PunctuationQueue()
  readonly #wall = new PunctuationQueue()

  schedule(type: PunctuationType, punctuation: Punctuation): Cancellable {
    return this.#queue(type).add(punctuation)
  }

  /** When the next is due under this notion; Infinity when there is none. */
  nextMs(type: PunctuationType): number {
    return this.#queue(type).nextMs
  }

  /** Calls `run` for each that is due, one after the other; false when there was none. */
  async callDue(
    type: PunctuationType,
    nowMs: number,
    run: (due: Schedule) => Promise<void>,
  ): Promise<boolean> {
    const queue = this.#queue(type)
    let called = false
    for (let due = queue.takeDue(nowMs); due !== undefined; due = queue.takeDue(nowMs)) {
      called = true
      await run(due)
    }
    return called
  }

  clear(): void {
    this.#stream.clear()
    this.#wall.clear()
  }

  #queue(type: PunctuationType): PunctuationQueue {
    return type === 'stream-time' ? this.#stream : this.#wall
  }
}
