import type { SinkRecord, TopicPartition } from '@millrace/core'

/** Options of a {@link MemoryTarget}. */
export interface MemoryTargetOptions<K, V> {
  /**
   * - `each-record`: as an append. A record that is written twice is there twice, unless the sink's tier tells them apart.
   * - `last-per-key`: as an upsert; a tombstone deletes. Records without a key are as with `each-record`.
   * @defaultValue 'each-record'
   */
  readonly keeps?: 'each-record' | 'last-per-key'
  /** Says why the target will never take a record; undefined for one that it takes. @defaultValue it takes all */
  readonly refuses?: (record: SinkRecord<K, V>) => string | undefined
  /** How long a transaction may be open before it no longer keeps others waiting. @defaultValue 10_000 */
  readonly transactionTimeoutMs?: number
}

/** What names a partition of one sink. */
export interface TargetPartition extends TopicPartition {
  readonly sinkId: string
}

interface StoredPosition {
  epoch: number
  next: number
}

/** A transaction that holds the row of its partition's position. */
export interface TargetTransaction {
  readonly name: string
  readonly expiresAtMs: number
  isOpen: boolean
}

/**
 * A system outside Kafka that lives in memory: rows, and a position with an epoch for each partition of each sink.
 * Any number of sinks write to it; it outlives them. What one has not committed nobody sees.
 */
export class MemoryTarget<K, V> {
  readonly #options: Required<MemoryTargetOptions<K, V>>
  readonly #positions = new Map<string, StoredPosition>()
  readonly #locks = new Map<string, TargetTransaction>()
  readonly #identities = new Set<string>()
  #rows = new Map<string, SinkRecord<K, V>>()
  #effects: SinkRecord<K, V>[] = []
  #nextRow = 0
  /** False: every call is refused, as `MR_SINK_UNAVAILABLE`. */
  isUp = true
  /**
   * Batches that were refused though nobody else had claimed: they began elsewhere than at the position. Whoever writes
   * has lost count.
   */
  misplacedBatches = 0

  constructor(options: MemoryTargetOptions<K, V> = {}) {
    this.#options = {
      keeps: 'each-record',
      refuses: () => undefined,
      transactionTimeoutMs: 10_000,
      ...options,
    }
  }

  /** As its options say. */
  get keeps(): 'each-record' | 'last-per-key' {
    return this.#options.keeps
  }

  /** What it holds. */
  get records(): readonly SinkRecord<K, V>[] {
    return [...this.#rows.values()]
  }

  /** All that took effect, in this order; for a target that keeps each record the same as `records`. */
  get effects(): readonly SinkRecord<K, V>[] {
    return this.#effects
  }

  /** The position that it holds for a partition, and the epoch of the last claim. */
  position(
    partition: TargetPartition,
  ): { readonly epoch: number; readonly next: number } | undefined {
    return this.#positions.get(nameOf(partition))
  }

  /** Why it will never take this record. */
  refusal(record: SinkRecord<K, V>): string | undefined {
    return this.#options.refuses(record)
  }

  /** Empties it, positions included. */
  clear(): void {
    this.#rows = new Map()
    this.#effects = []
    this.#positions.clear()
    this.#identities.clear()
  }

  /**
   * Raises the epoch, when no transaction of another writer is open; undefined as long as one is.
   * @internal
   */
  tryClaim(
    partition: TargetPartition,
    initialOffset: number,
    nowMs: number,
  ): StoredPosition | undefined {
    const name = nameOf(partition)
    if (this.#isLocked(name, nowMs)) return undefined
    const stored = this.#positions.get(name)
    const claimed = { epoch: (stored?.epoch ?? 0) + 1, next: stored?.next ?? initialOffset }
    this.#positions.set(name, claimed)
    return claimed
  }

  /**
   * Opens a transaction for the owner of a claim, when no other is open. It holds the partition until it ends.
   * @internal
   */
  tryBegin(partition: TargetPartition, nowMs: number): TargetTransaction | undefined {
    const name = nameOf(partition)
    if (this.#isLocked(name, nowMs)) return undefined
    const expiresAtMs = nowMs + this.#options.transactionTimeoutMs
    const transaction = { name, expiresAtMs, isOpen: true }
    this.#locks.set(name, transaction)
    return transaction
  }

  /**
   * Data and position in one step, or `false` and neither: the transaction was ended, or another claim was made.
   * @internal
   */
  commit(
    transaction: TargetTransaction,
    { epoch, to, records }: { epoch: number; to: number; records: readonly SinkRecord<K, V>[] },
  ): boolean {
    const stored = this.#positions.get(transaction.name)
    if (!transaction.isOpen || stored?.epoch !== epoch) return false
    this.apply(records)
    stored.next = to
    this.rollback(transaction)
    return true
  }

  /**
   * Ends a transaction without effect; nothing when it is over.
   * @internal
   */
  rollback(transaction: TargetTransaction): void {
    transaction.isOpen = false
    if (this.#locks.get(transaction.name) === transaction) this.#locks.delete(transaction.name)
  }

  /**
   * Takes records without a transaction.
   * @internal
   */
  apply(records: readonly SinkRecord<K, V>[]): void {
    for (const record of records) this.#applyRecord(record)
  }

  /**
   * Takes records unless it has taken something of this identity.
   * @internal
   */
  applyOnce(identity: string, records: readonly SinkRecord<K, V>[]): void {
    if (this.#identities.has(identity)) return
    this.#identities.add(identity)
    this.apply(records)
  }

  #applyRecord(record: SinkRecord<K, V>): void {
    this.#effects.push(record)
    const isKeyed = this.#options.keeps === 'last-per-key' && record.key !== null
    const row = isKeyed ? `key ${printKey(record.key)}` : `row ${this.#nextRow++}`
    // A row that is replaced goes to the end, so that rows are in the order of their effects.
    this.#rows.delete(row)
    if (!isKeyed || record.value !== null) this.#rows.set(row, record)
  }

  #isLocked(name: string, nowMs: number): boolean {
    const lock = this.#locks.get(name)
    if (lock === undefined) return false
    if (nowMs < lock.expiresAtMs) return true
    this.rollback(lock)
    return false
  }
}

function nameOf({ sinkId, topic, partition }: TargetPartition): string {
  return `${sinkId}/${topic}/${partition}`
}

function printKey(key: unknown): string {
  if (typeof key === 'string') return key
  return typeof key === 'bigint' ? key.toString() : JSON.stringify(key)
}
