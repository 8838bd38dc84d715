import { MillraceError } from '@millrace/core'
import { setMaxListeners } from 'node:events'

/** Signals of the writes that a writer has under way at a time. */
export class Round {
  /** Aborts when no further attempt is to begin; its reason is the error that the writes end with. */
  readonly stopping: AbortSignal
  /** Aborts when requests under way are to end at once. */
  readonly givenUp: AbortSignal
  readonly #stopping = new AbortController()
  readonly #givenUp = new AbortController()
  #error: Error | undefined
  /** Writes that have not ended. */
  writes = 0

  constructor() {
    this.stopping = this.#stopping.signal
    this.givenUp = this.#givenUp.signal
    // Each request that is under way or waits listens; there are as many as the batches have records.
    setMaxListeners(0, this.stopping, this.givenUp)
  }

  get isStopped(): boolean {
    return this.#error !== undefined
  }

  /** The error of the first stop. */
  get reason(): Error {
    return this.#error ?? new Error('The round has not stopped')
  }

  /** Requests under way may end by themselves; nothing begins any more. */
  stop(error: unknown): void {
    this.#error ??= error instanceof Error ? error : new Error(String(error))
    this.#stopping.abort(this.#error)
  }

  /** Ends everything at once. */
  giveUp(): void {
    this.stop(
      new MillraceError(
        'MR_SINK_UNAVAILABLE',
        'The write was given up: its partition is no longer wanted',
        {
          hint: 'Nothing: whoever has the partition writes the batch again, under the same keys.',
        },
      ),
    )
    this.#givenUp.abort(this.#error)
  }
}
