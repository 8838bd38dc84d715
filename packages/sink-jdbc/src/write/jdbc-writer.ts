import type { SinkBatch, SinkClaim, SinkWriteControl, SinkWriter } from '@millrace/core'
import type { StoredPosition } from '../dialects/dialect.ts'
import type { SinkSession } from './sink-session.ts'
import { writeBatch } from './write-batch.ts'

/** Writes one partition from its claim to its end. */
export class JdbcWriter<K, V> implements SinkWriter<K, V> {
  readonly #session: SinkSession<K, V>
  readonly #claim: SinkClaim
  readonly #stored: StoredPosition | undefined
  readonly #closing = new AbortController()
  #underWay: Promise<unknown> = Promise.resolve()

  constructor(session: SinkSession<K, V>, claim: SinkClaim, stored: StoredPosition | undefined) {
    this.#session = session
    this.#claim = claim
    this.#stored = stored
  }

  get position(): number | undefined {
    return this.#stored?.nextOffset
  }

  async write(batch: SinkBatch<K, V>, control: SinkWriteControl<K, V>): Promise<void> {
    const writing = this.#write(batch, control)
    this.#underWay = Promise.allSettled([writing])
    await writing
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the writer is closed'))
    await this.#underWay
  }

  async #write(batch: SinkBatch<K, V>, control: SinkWriteControl<K, V>): Promise<void> {
    const signal = AbortSignal.any([control.signal, this.#claim.signal, this.#closing.signal])
    const session = this.#session
    try {
      await writeBatch({ session, batch, control, signal, epoch: this.#stored?.epoch })
    } catch (error) {
      throw session.errors.from(signal.aborted ? signal.reason : error, {
        topic: batch.topic,
        partition: batch.partition,
        firstOffset: batch.firstOffset,
        lastOffset: batch.lastOffset,
      })
    }
  }
}
