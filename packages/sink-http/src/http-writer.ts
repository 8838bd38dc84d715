import {
  MillraceError,
  type SinkBatch,
  type SinkRecord,
  type SinkWriteControl,
  type SinkWriter,
} from '@millrace/core'
import { Round } from './round.ts'

/** A write under way. */
export interface Write<K, V> {
  readonly batch: SinkBatch<K, V>
  readonly control: SinkWriteControl<K, V>
  readonly round: Round
  /** Records of the batch that are done with, this time or an earlier one. */
  readonly finished: FinishedRecords
}

/** Delivers what is not finished of a batch. Settles when nothing of it is under way; what fails stops the round. */
export type DeliverBatch<K, V> = (write: Write<K, V>) => Promise<void>

/** Records of one batch, by offset and index. */
export class FinishedRecords {
  readonly #places = new Set<number | string>()

  has(record: SinkRecord<unknown, unknown>): boolean {
    return this.#places.has(placeOf(record))
  }

  add(record: SinkRecord<unknown, unknown>): void {
    this.#places.add(placeOf(record))
  }
}

const placeOf = ({ offset, index }: SinkRecord<unknown, unknown>): number | string =>
  index === 0 ? offset : `${offset}/${index}`

/**
 * Writes one partition.
 *
 * Invariants.
 * - When a write has failed, all that are under way end, none of them with a request still under way: the batch
 *   comes again, and nothing of an earlier attempt may come after it.
 * - What was delivered of a batch is not sent again when the batch comes again.
 * - A batch does not overtake one that has failed: the order of a key would be lost.
 */
export class HttpWriter<K, V> implements SinkWriter<K, V> {
  /** The target keeps no position. */
  readonly position = undefined
  readonly #deliver: DeliverBatch<K, V>
  #round: Round | undefined
  /** Batches that failed, by the position before them. */
  readonly #failed = new Map<number, FinishedRecords>()
  readonly #running = new Set<Promise<void>>()
  #isClosed = false

  readonly #onClose: () => void

  constructor(deliver: DeliverBatch<K, V>, onClose: () => void) {
    this.#deliver = deliver
    this.#onClose = onClose
  }

  async write(batch: SinkBatch<K, V>, control: SinkWriteControl<K, V>): Promise<void> {
    const finished = this.#resumed(batch)
    const round = this.#enter()
    const giveUp = (): void => {
      round.giveUp()
    }
    if (control.signal.aborted) giveUp()
    control.signal.addEventListener('abort', giveUp, { once: true })
    const running = this.#deliver({ batch, control, round, finished })
    this.#running.add(running)
    try {
      await running
    } finally {
      this.#running.delete(running)
      control.signal.removeEventListener('abort', giveUp)
      round.writes--
    }
    if (batch.records.every((record) => finished.has(record))) {
      this.#failed.delete(batch.from)
      return
    }
    this.#failed.set(batch.from, finished)
    throw round.reason
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#round?.giveUp()
    await Promise.allSettled(this.#running)
    this.#onClose()
  }

  #resumed(batch: SinkBatch<K, V>): FinishedRecords {
    const first = Math.min(...this.#failed.keys())
    if (batch.from > first) throw this.#notYet('an earlier batch is to be written again first')
    return this.#failed.get(batch.from) ?? new FinishedRecords()
  }

  #enter(): Round {
    if (this.#isClosed) throw this.#notYet('the writer is closed')
    if (this.#round === undefined || (this.#round.isStopped && this.#round.writes === 0)) {
      this.#round = new Round()
    }
    const round = this.#round
    if (round.isStopped) throw round.reason
    round.writes++
    return round
  }

  #notYet(why: string): MillraceError {
    return new MillraceError('MR_SINK_UNAVAILABLE', `Not written: ${why}`, {
      hint: 'Nothing: the batch is written when its turn comes.',
    })
  }
}
