import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import type { TopicPartition } from '../../record/topic-partition.ts'
import type { BatchConfig } from '../../sink/sink-config.ts'
import type { SinkBatch, SinkRecord } from '../../sink/sink.ts'
import type { Clock } from '../../time/clock.ts'
import type { ChainOutput } from './stateless-chain.ts'

/** A batch, and what the runtime remembers of it until it is acknowledged. */
export interface CutBatch extends SinkBatch<unknown, unknown> {
  /** The records that it was made of, in order; empty when nobody will ask for them. */
  readonly raws: readonly ConsumedRecord[]
  /** Of these, as they count against the buffer. */
  readonly bufferedBytes: number
}

export interface BatchCutterParts extends TopicPartition {
  readonly config: BatchConfig
  /** `from` of the first batch: what the target has stored. */
  readonly from: number
  /** Where reading begins: not before `from`. */
  readonly position: number
  /** Whether the records that batches are made of are kept with them. */
  readonly keepsRaws: boolean
  readonly clock: Clock
}

/** What a record costs beside its key and value, about: of many small ones the objects are the memory. */
const RECORD_OVERHEAD_BYTES = 100

/** Key and value as they are in the topic. */
export function payloadBytes({ key, value }: ConsumedRecord): number {
  return (key?.byteLength ?? 0) + (value?.byteLength ?? 0)
}

/** As a record counts against the buffer. */
export function bufferedBytes(record: ConsumedRecord): number {
  return payloadBytes(record) + RECORD_OVERHEAD_BYTES
}

interface OpenBatch {
  readonly firstOffset: number
  readonly records: SinkRecord<unknown, unknown>[]
  readonly raws: ConsumedRecord[]
  readonly sinceMs: number
  lastOffset: number
  payloadBytes: number
  bufferedBytes: number
}

/**
 * Cuts what comes of one partition into batches.
 *
 * Semantics: records come in the order of their offsets, each with all that operators made of it; all of that goes
 * into one batch. A batch ends when it has as many records or bytes as it may, or when it is told to.
 * - `from` is `to` of the batch before; `to` is the position, which is beyond records that were dropped or aborted.
 * - Aligned, a batch ends where an offset is a multiple of `maxRecords`, whatever came of those before. So it is the
 *   same after a restart in any place that was a position of this partition: where a batch ended, or in front of
 *   its first record. The bound of bytes counts from there as well.
 */
export class BatchCutter {
  readonly #parts: BatchCutterParts
  readonly #cut: CutBatch[] = []
  #from: number
  #position: number
  #open: OpenBatch | undefined

  constructor(parts: BatchCutterParts) {
    this.#parts = parts
    this.#from = parts.from
    this.#position = parts.position
  }

  /** Where the next batch comes from. */
  get from(): number {
    return this.#from
  }

  /** Everything before it is in a batch, or led to nothing. */
  get position(): number {
    return this.#position
  }

  /** Batches that are complete and not taken. */
  get complete(): number {
    return this.#cut.length
  }

  /** The first offset that is in a batch not taken yet; undefined: there is none. */
  get firstOffset(): number | undefined {
    return this.#cut[0]?.firstOffset ?? this.#open?.firstOffset
  }

  /** When the batch that is not complete has waited for long enough; undefined when it is to wait until it is complete. */
  get dueMs(): number | undefined {
    const { aligned, lingerMs } = this.#parts.config
    return this.#open === undefined || aligned ? undefined : this.#open.sinceMs + lingerMs
  }

  add(raw: ConsumedRecord, outputs: readonly ChainOutput[]): void {
    this.reachedEnd(raw.offset)
    if (outputs.length > 0) this.#append(raw, outputs)
    this.#position = raw.offset + 1
    this.#cutWhenComplete()
  }

  /** Nothing is before this offset that was not added. */
  reachedEnd(position: number): void {
    if (position <= this.#position) return
    this.#position = position
    this.#cutWhenComplete()
  }

  /** The oldest complete batch. */
  take(): CutBatch | undefined {
    return this.#cut.shift()
  }

  /** Ends the batch that is not complete. */
  cutOpen(): void {
    if (this.#open !== undefined) this.#end(this.#open)
  }

  #append(raw: ConsumedRecord, outputs: readonly ChainOutput[]): void {
    const { config, keepsRaws, topic, partition } = this.#parts
    const bytes = payloadBytes(raw)
    if (this.#open !== undefined && this.#isTooMuch(this.#open, outputs.length, bytes)) {
      this.#end(this.#open)
    }
    const { offset } = raw
    const open = (this.#open ??= this.#begin(offset))
    for (const { index, timestampMs, key, value, headers } of outputs) {
      open.records.push({ topic, partition, offset, index, timestampMs, key, value, headers })
    }
    if (keepsRaws) open.raws.push(raw)
    open.lastOffset = offset
    open.payloadBytes += bytes
    open.bufferedBytes += bytes + RECORD_OVERHEAD_BYTES
    const isFull = !config.aligned && open.records.length >= config.maxRecords
    if (!isFull && open.payloadBytes < config.maxBytes) return
    this.#position = offset + 1
    this.#end(open)
  }

  #isTooMuch(open: OpenBatch, records: number, bytes: number): boolean {
    const { aligned, maxRecords, maxBytes } = this.#parts.config
    if (open.payloadBytes + bytes > maxBytes) return true
    return !aligned && open.records.length + records > maxRecords
  }

  #begin(firstOffset: number): OpenBatch {
    return {
      firstOffset,
      lastOffset: firstOffset,
      records: [],
      raws: [],
      sinceMs: this.#parts.clock.nowMs(),
      payloadBytes: 0,
      bufferedBytes: 0,
    }
  }

  #cutWhenComplete(): void {
    const open = this.#open
    if (open === undefined || !this.#parts.config.aligned) return
    const boundary = this.#boundaryAfter(open.firstOffset)
    if (this.#position >= boundary) this.#end(open, boundary)
  }

  #boundaryAfter(offset: number): number {
    const { maxRecords } = this.#parts.config
    return offset - (offset % maxRecords) + maxRecords
  }

  #end(open: OpenBatch, to = this.#position): void {
    const { topic, partition } = this.#parts
    this.#open = undefined
    this.#cut.push({
      topic,
      partition,
      from: this.#from,
      to,
      firstOffset: open.firstOffset,
      lastOffset: open.lastOffset,
      records: open.records,
      raws: open.raws,
      bufferedBytes: open.bufferedBytes,
    })
    this.#from = to
  }
}
