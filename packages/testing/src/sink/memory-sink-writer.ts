import type {
  SinkBatch,
  SinkCapabilities,
  SinkClaim,
  SinkRecord,
  SinkWriteControl,
  SinkWriter,
} from '@millrace/core'
import { MillraceError } from '@millrace/core'
import type { ConnectionStep, MemoryConnection } from './memory-connection.ts'
import { BatchLane } from './batch-lane.ts'
import type { TargetPartition } from './memory-target.ts'

/** What a writer needs of its sink. */
export interface MemoryWriterEnvironment<K, V> {
  readonly connection: MemoryConnection<K, V>
  readonly sinkId: string
  readonly capabilities: SinkCapabilities
}

/** Writes one partition to memory; see {@link MemorySink}. */
export class MemorySinkWriter<K, V> implements SinkWriter<K, V> {
  readonly position: number | undefined
  readonly #environment: MemoryWriterEnvironment<K, V>
  readonly #partition: TargetPartition
  readonly #epoch: number
  readonly #closed = new AbortController()
  readonly #lane = new BatchLane()
  #isOutcomeUnknown = false

  private constructor(
    environment: MemoryWriterEnvironment<K, V>,
    partition: TargetPartition,
    claimed: { readonly epoch: number; readonly next: number } | undefined,
  ) {
    this.#environment = environment
    this.#partition = partition
    this.#epoch = claimed?.epoch ?? 0
    this.position = claimed?.next
  }

  /** Raises the epoch of a transactional target; for others there is nothing to claim. */
  static async claim<K, V>(
    { topic, partition, initialOffset, signal }: SinkClaim,
    environment: MemoryWriterEnvironment<K, V>,
  ): Promise<MemorySinkWriter<K, V>> {
    const { connection, sinkId, capabilities } = environment
    const place = { sinkId, topic, partition }
    const call = { operation: 'claim', partition: place, signals: [signal] } as const
    await connection.step({ ...call, step: 'before-write' })
    const claimed =
      capabilities.tier === 'transactional'
        ? await connection.whenUnlocked(
            () => connection.target.tryClaim(place, initialOffset, connection.nowMs),
            [signal],
          )
        : undefined
    const writer = new MemorySinkWriter(environment, place, claimed && { ...claimed })
    await connection.step({ ...call, step: 'after-commit' })
    return writer
  }

  /** Writes a batch as the tier says. */
  async write(batch: SinkBatch<K, V>, control: SinkWriteControl<K, V>): Promise<void> {
    const { tier } = this.#environment.capabilities
    const { records } = batch
    const signals = [control.signal, this.#closed.signal]
    const call = { operation: 'write', partition: this.#partition, records, signals } as const
    if (tier === 'transactional') await this.#writeInTransaction(batch, control, call)
    else await this.#writeOnce(batch, control, call)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await Promise.resolve()
  }

  async #writeInTransaction(
    batch: SinkBatch<K, V>,
    control: SinkWriteControl<K, V>,
    call: Omit<ConnectionStep, 'step'>,
  ): Promise<void> {
    const { connection } = this.#environment
    await connection.step({ ...call, step: 'before-write' })
    if (this.#isOutcomeUnknown && this.#isStored(batch)) return
    const records = await this.#withoutRefused(batch, control)
    const transaction = await connection.whenUnlocked(
      () => connection.target.tryBegin(this.#partition, connection.nowMs),
      call.signals ?? [],
    )
    connection.track(transaction)
    try {
      this.#checkFence(batch)
      await connection.step({ ...call, step: 'before-commit' })
      if (!connection.target.commit(transaction, { epoch: this.#epoch, to: batch.to, records })) {
        throw this.#lostTransaction(batch)
      }
    } catch (error) {
      // Nothing took effect; a cut at this step is known to the writer of memory, but not to others.
      this.#isOutcomeUnknown = true
      throw error
    } finally {
      connection.end(transaction)
    }
    this.#isOutcomeUnknown = true
    await connection.step({ ...call, step: 'after-commit' })
    this.#isOutcomeUnknown = false
  }

  async #writeOnce(
    batch: SinkBatch<K, V>,
    control: SinkWriteControl<K, V>,
    call: Omit<ConnectionStep, 'step'>,
  ): Promise<void> {
    const { connection } = this.#environment
    const lane = this.#lane.enter(batch.from)
    try {
      await connection.step({ ...call, step: 'before-write' })
      const records = await this.#withoutRefused(batch, control)
      await connection.step({ ...call, step: 'before-commit' })
      await lane.turn()
      this.#applyOnce(batch, records)
      // Until the answer is there it may come again, and be the last to write a key.
      await connection.step({ ...call, step: 'after-commit' })
      lane.leave(true)
    } catch (error) {
      lane.leave(false)
      throw error
    }
  }

  #applyOnce(
    { firstOffset, lastOffset }: SinkBatch<K, V>,
    records: readonly SinkRecord<K, V>[],
  ): void {
    const { connection, capabilities } = this.#environment
    if (capabilities.alignedBatches === true) {
      const { sinkId, topic, partition } = this.#partition
      const key = `${sinkId}/${topic}/${partition}/${firstOffset}-${lastOffset}`
      connection.target.applyOnce(key, records)
    } else if (capabilities.tier === 'idempotent' && connection.target.keeps === 'last-per-key') {
      connection.target.apply(records)
    } else {
      for (const record of records) connection.target.applyOnce(this.#keyOf(record), [record])
    }
  }

  /** In the order of records: rejected ones are in the dead-letter topic before the rest is written. */
  async #withoutRefused(
    { records }: SinkBatch<K, V>,
    control: SinkWriteControl<K, V>,
  ): Promise<readonly SinkRecord<K, V>[]> {
    const { target } = this.#environment.connection
    const kept: SinkRecord<K, V>[] = []
    for (const record of records) {
      const refusal = target.refusal(record)
      if (refusal === undefined) kept.push(record)
      else await control.reject(record, rejection(record, refusal))
    }
    await this.#emit(kept, control)
    return kept
  }

  /** Before the commit: what is found to be written already is not emitted again. */
  async #emit(
    records: readonly SinkRecord<K, V>[],
    control: SinkWriteControl<K, V>,
  ): Promise<void> {
    const [topic] = this.#environment.capabilities.emitsTo ?? []
    if (topic === undefined) return
    for (const { key, offset } of records) {
      const value = Buffer.from(String(offset))
      await control.emit?.({ topic, key: Buffer.from(JSON.stringify(key)), value })
    }
  }

  /** @throws MillraceError `MR_SINK_FENCED` when the position is neither before nor after the batch. */
  #isStored({ from, to, ...batch }: SinkBatch<K, V>): boolean {
    const stored = this.#environment.connection.target.position(this.#partition)
    this.#isOutcomeUnknown = false
    if (stored?.next === to) return true
    if (stored?.next === from) return false
    throw this.#fenced({ from, to, ...batch })
  }

  #checkFence(batch: SinkBatch<K, V>): void {
    const stored = this.#environment.connection.target.position(this.#partition)
    if (stored?.epoch !== this.#epoch || stored.next !== batch.from) throw this.#fenced(batch)
  }

  /** It was open for too long, and another had its turn: a claim, or only a zombie's attempt. */
  #lostTransaction(batch: SinkBatch<K, V>): MillraceError {
    const stored = this.#environment.connection.target.position(this.#partition)
    if (stored?.epoch !== this.#epoch) return this.#fenced(batch)
    return new MillraceError('MR_SINK_UNAVAILABLE', 'The transaction was open for too long', {
      hint: 'Try again.',
    })
  }

  #fenced({ topic, partition, from }: SinkBatch<K, V>): MillraceError {
    const { target } = this.#environment.connection
    if (target.position(this.#partition)?.epoch === this.#epoch) target.misplacedBatches++
    return new MillraceError(
      'MR_SINK_FENCED',
      `Another writer has claimed ${topic}-${partition}, or its position is not ${from}`,
      { hint: 'Leave the partition to the other writer.', at: { topic, partition, offset: from } },
    )
  }

  #keyOf({ topic, partition, offset, index }: SinkRecord<K, V>): string {
    return `${this.#partition.sinkId}/${topic}/${partition}/${offset}/${index}`
  }
}

function rejection(
  { topic, partition, offset }: SinkRecord<unknown, unknown>,
  refusal: string,
): MillraceError {
  return new MillraceError(
    'MR_SINK_REJECTED',
    `The target refuses the record at ${topic}-${partition}, offset ${offset}`,
    {
      cause: new Error(refusal),
      hint: 'Mend the record, or let it be written to a dead-letter topic.',
      at: { topic, partition, offset },
    },
  )
}
