import type { ConsumedRecord } from '@millrace/core/internal'

/** How a transaction stands in one partition: its records are delivered, hidden, or not yet either. */
export type TransactionOutcome = 'open' | 'committed' | 'aborted'

interface TransactionInLog {
  readonly firstOffset: number
  outcome: TransactionOutcome
}

interface RecordEntry {
  readonly kind: 'record'
  readonly offset: number
  readonly record: ConsumedRecord
  /** Undefined for a record outside any transaction. */
  readonly transaction: TransactionInLog | undefined
}

/** A commit or abort marker: occupies an offset, is never delivered. */
interface MarkerEntry {
  readonly kind: 'marker'
  readonly offset: number
}

type LogEntry = RecordEntry | MarkerEntry

/** A record before it has an offset. */
export type UnplacedRecord = Omit<ConsumedRecord, 'offset'>

export interface LogSlice {
  readonly records: readonly ConsumedRecord[]
  /** Where to read on: beyond markers, and beyond what is never delivered. */
  readonly nextOffset: number
}

/**
 * One partition of a topic.
 *
 * Semantics: an open transaction holds the last stable offset at its first record. Markers end it, one
 * partition at a time. Readers see committed records below the last stable offset. Compaction and
 * deletion leave gaps, and never change an offset.
 */
export class PartitionLog {
  readonly topic: string
  readonly partition: number
  #entries: LogEntry[] = []
  readonly #open = new Map<number, TransactionInLog>()
  readonly #listeners = new Set<() => void>()
  #start = 0
  #end = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get startOffset(): number {
    return this.#start
  }

  /** The high watermark. There is one replica, so it is the end. */
  get endOffset(): number {
    return this.#end
  }

  get lastStableOffset(): number {
    let offset = this.#end
    for (const { firstOffset } of this.#open.values()) offset = Math.min(offset, firstOffset)
    return offset
  }

  /** The first record with that timestamp or a later one, whatever became of its transaction; the end without one. */
  offsetFrom(timestampMs: number): number {
    const found = this.#entries.find(
      (entry) => entry.kind === 'record' && entry.record.timestamp >= timestampMs,
    )
    return found?.offset ?? this.#end
  }

  /** `producerId`: of the transaction that the record belongs to. */
  append(record: UnplacedRecord, producerId?: number): number {
    const offset = this.#end++
    const transaction =
      producerId === undefined ? undefined : this.#transactionOf(producerId, offset)
    this.#entries.push({ kind: 'record', offset, record: { ...record, offset }, transaction })
    return offset
  }

  /** Ends the producer's transaction in this partition; a marker is written in any case. */
  appendMarker(producerId: number, outcome: 'committed' | 'aborted'): void {
    const transaction = this.#open.get(producerId)
    if (transaction !== undefined) transaction.outcome = outcome
    this.#open.delete(producerId)
    this.#entries.push({ kind: 'marker', offset: this.#end++ })
    this.notify()
  }

  /** Committed records from `from` on, at most `maxRecords`. `from` is in the log. */
  read(from: number, maxRecords: number): LogSlice {
    const stable = this.lastStableOffset
    const records: ConsumedRecord[] = []
    for (let i = this.#indexOf(from); i < this.#entries.length; i++) {
      const entry = this.#entries[i]
      if (entry === undefined || entry.offset >= stable) break
      if (entry.kind === 'marker' || entry.transaction?.outcome === 'aborted') continue
      if (records.length === maxRecords) return { records, nextOffset: entry.offset }
      records.push(entry.record)
    }
    return { records, nextOffset: Math.max(from, stable) }
  }

  /** All records with the fate of their transactions: what a test compares with. */
  everything(): readonly {
    readonly record: ConsumedRecord
    readonly outcome: TransactionOutcome
  }[] {
    return this.#entries.flatMap((entry) =>
      entry.kind === 'marker'
        ? []
        : [{ record: entry.record, outcome: entry.transaction?.outcome ?? 'committed' }],
    )
  }

  /** Deletes the records before an offset. */
  deleteBefore(offset: number): void {
    this.#start = Math.max(this.#start, Math.min(offset, this.#end))
    this.#entries = this.#entries.slice(this.#indexOf(this.#start))
    this.notify()
  }

  /**
   * Keeps the newest committed record of each key, of those below the last stable offset; tombstones and
   * markers go as well, as they do after `delete.retention.ms`. The last offset stays where it is.
   */
  compact(): void {
    const stable = this.lastStableOffset
    const newest = new Map<string, number>()
    for (const entry of this.#entries) {
      if (entry.kind === 'marker' || entry.offset >= stable) continue
      if (entry.transaction?.outcome === 'aborted') continue
      newest.set(keyText(entry.record), entry.offset)
    }
    this.#entries = this.#entries.filter((entry) => {
      if (entry.offset >= stable) return true
      if (entry.kind === 'marker' || entry.record.value === null) return false
      return newest.get(keyText(entry.record)) === entry.offset
    })
  }

  /** Calls back when there may be more to read. */
  listen(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Ends {@link listen}. */
  unlisten(listener: () => void): void {
    this.#listeners.delete(listener)
  }

  /** Tells those who wait for records. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #transactionOf(producerId: number, firstOffset: number): TransactionInLog {
    const known = this.#open.get(producerId)
    if (known !== undefined) return known
    const transaction: TransactionInLog = { firstOffset, outcome: 'open' }
    this.#open.set(producerId, transaction)
    return transaction
  }

  /** The first entry at or after an offset. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.offset ?? offset) < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function keyText({ key }: ConsumedRecord): string {
  return key === null ? 'null' : `=${Buffer.from(key).toString('latin1')}`
}
