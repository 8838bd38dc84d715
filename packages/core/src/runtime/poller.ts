import type { GroupConsumer, PolledBatch } from '../kafka/group-consumer.ts'
import type { Wakeup } from './wakeup.ts'

/**
 * Large enough that a call's cost is spread. Small enough that what waits is not copied by several
 * collections of the young generation: 8192 took about a tenth more CPU and a quarter more memory
 * in `bench count`.
 */
const POLL_RECORDS = 4096
/** A poll that waits longer would delay rebalances and aborts, which wait for it. */
const POLL_TIMEOUT_MS = 100

/**
 * What waits to be taken before the next poll is held back while polling ahead: about what is processed
 * between two commits. A commit waits for the broker some 20 to 60 ms, and turning messages into
 * records is a third of the main thread's work: it is done in that time (`bench count`).
 */
const AHEAD_RECORDS = 3 * POLL_RECORDS

/**
 * Keeps one poll under way while the batch before it is processed.
 *
 * A seek, and the answer to a rebalance, wait for the poll under way ({@link settle}): it may still
 * return records from before them, and after it, with all that waits taken, nothing old can come.
 */
export class Poller {
  readonly #consumer: GroupConsumer
  readonly #wakeup: Wakeup
  #underWay: Promise<void> | undefined
  #batches: PolledBatch[] = []
  #failure: { readonly error: unknown } | undefined
  #isAhead = false

  constructor(consumer: GroupConsumer, wakeup: Wakeup) {
    this.#consumer = consumer
    this.#wakeup = wakeup
  }

  get hasResult(): boolean {
    return this.#batches.length > 0 || this.#failure !== undefined
  }

  /** Starts a poll unless one is under way or a result waits to be taken. */
  start(): void {
    if (this.#underWay !== undefined || this.hasResult) return
    this.#poll()
  }

  /** Polls again and again while `wait` is waited for, until enough waits to be taken. */
  async pollWhile<T>(wait: Promise<T>): Promise<T> {
    this.#isAhead = true
    this.#goOn()
    try {
      return await wait
    } finally {
      this.#isAhead = false
    }
  }

  /** The oldest result, if there is one. @throws what the poll after the last batch rejected with. */
  take(): PolledBatch | undefined {
    const batch = this.#batches.shift()
    if (batch !== undefined) return batch
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error as Error
    return undefined
  }

  /** Waits for the poll under way; its result can be taken then. */
  async settle(): Promise<void> {
    this.#isAhead = false
    await this.#underWay
  }

  #poll(): void {
    this.#underWay = this.#consumer.poll(POLL_RECORDS, POLL_TIMEOUT_MS).then(
      (batch) => {
        this.#batches.push(batch)
        this.#finish()
      },
      (error: unknown) => {
        this.#failure = { error }
        this.#finish()
      },
    )
  }

  #finish(): void {
    this.#underWay = undefined
    this.#wakeup.wake()
    this.#goOn()
  }

  #goOn(): void {
    if (!this.#isAhead || this.#underWay !== undefined || this.#failure !== undefined) return
    const waiting = this.#batches.reduce((sum, { records }) => sum + records.length, 0)
    if (waiting < AHEAD_RECORDS) this.#poll()
  }
}
