import type { Awaitable } from '../base/awaitable.ts'
import { isPromiseLike } from '../base/awaitable.ts'
import { type Headers, NO_HEADERS } from '../record/headers.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { DirtyEntry } from './transaction-buffer.ts'

/*
 * Holding back what a table forwards (Kafka Streams: `NamedCache`, `ThreadCache`).
 *
 * Semantics: a store that is cached forwards one change a key at a flush: from the value that went out
 * last to the one that is there now. A flush comes with each commit, and when the caches of the process
 * hold more than their budget. It goes in the order of the last updates.
 *
 * Why beside the transaction buffer, and not below it: the buffer has the values already and writes one
 * changelog record a key. What is left for a cache is to know which keys are to be forwarded.
 *
 * Invariants: a cache is empty after each commit and after each abort, so nothing in it outlives its
 * transaction. Only updates that were not forwarded count against the budget, where Kafka Streams keeps
 * and counts clean entries as well: with equal settings its flushes may come earlier.
 */

/** What the caches of one process may hold together. */
export class CacheBudget {
  readonly maxBytes: number
  usedBytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get isExceeded(): boolean {
    return this.usedBytes > this.maxBytes
  }
}

/** What a cache needs of its task. */
export interface CacheScope {
  /** Where the record being processed was read. */
  readonly current: RecordMetadata | undefined
  /** Asks for a flush of this cache when the record being processed is done. */
  flushSoon(cache: RecordCache): void
  /** Calls `forward` as if the record that made the update were being processed. */
  forwardHeld(held: HeldUpdate, forward: (held: HeldUpdate) => Awaitable<void>): Awaitable<void>
}

/** A key whose last update was not forwarded yet. */
export interface HeldUpdate {
  readonly keyBytes: Uint8Array
  readonly mapKey: string
  /** What this transaction forwarded last; undefined when it forwarded nothing: then it is what is committed. */
  readonly before: DirtyEntry | undefined
  /** Of the record that made the last update. */
  readonly timestampMs: number
  readonly headers: Headers
  readonly origin: RecordMetadata | undefined
}

/** What is known of an update when it is made. */
export interface Update {
  readonly keyBytes: Uint8Array
  readonly mapKey: string
  /** The entry of the transaction buffer before the update. */
  readonly before: DirtyEntry | undefined
  /** Of the row as it is stored, headers included. */
  readonly valueBytes: number
  readonly timestampMs: number
  readonly headers: Headers
}

/** As Kafka Streams counts: links, flag, timestamp, offset and partition. */
const ENTRY_OVERHEAD_BYTES = 24 + 1 + 20

interface UndoStep {
  readonly entry: HeldEntry
  /** Undefined: the entry was not there. */
  readonly before: HeldEntry | undefined
  readonly previous: HeldEntry | undefined
}

/** The updates of one store of one task that were not forwarded yet. */
export class RecordCache {
  readonly #budget: CacheBudget
  readonly #scope: CacheScope
  readonly #entries = new Map<string, HeldEntry>()
  /** In the order of the last updates. */
  #first: HeldEntry | undefined
  #last: HeldEntry | undefined
  #undo: UndoStep[] | undefined
  #forward: ((held: HeldUpdate) => Awaitable<void>) | undefined

  constructor(budget: CacheBudget, scope: CacheScope) {
    this.#budget = budget
    this.#scope = scope
  }

  get isEmpty(): boolean {
    return this.#first === undefined
  }

  /** Who forwards; made anew with the processors after an abort. */
  onFlush(forward: (held: HeldUpdate) => Awaitable<void>): void {
    this.#forward = forward
  }

  hold(update: Update): void {
    const { mapKey } = update
    let entry = this.#entries.get(mapKey)
    if (entry === undefined) {
      entry = new HeldEntry(update.keyBytes, mapKey, update.before)
      this.#undo?.push({ entry, before: undefined, previous: undefined })
      this.#entries.set(mapKey, entry)
    } else {
      this.#undo?.push({ entry, before: entry.copy(), previous: entry.previous })
      this.#budget.usedBytes -= entry.bytes
      this.#unlink(entry)
    }
    entry.set(update, this.#scope.current)
    this.#linkAfter(entry, this.#last)
    this.#budget.usedBytes += entry.bytes
    if (this.#budget.isExceeded) this.#scope.flushSoon(this)
  }

  /** Forwards everything. Updates that are held meanwhile wait for the next flush. */
  flush(): Awaitable<void> {
    const forward = this.#forward
    if (this.#first === undefined || forward === undefined) return
    const held = this.#takeAll()
    for (let i = 0; i < held.length; i++) {
      const entry = held[i]
      if (entry === undefined) continue
      const result = this.#scope.forwardHeld(entry, forward)
      if (isPromiseLike(result)) return this.#flushRest(held, i + 1, result)
    }
  }

  setSavepoint(): void {
    this.#undo = []
  }

  /** Back to the entries, and their order, at the savepoint. */
  rollbackToSavepoint(): void {
    const undo = this.#undo ?? []
    this.#undo = undefined
    for (let i = undo.length - 1; i >= 0; i--) {
      const step = undo[i]
      if (step === undefined) continue
      const { entry, before, previous } = step
      this.#unlink(entry)
      this.#budget.usedBytes -= entry.bytes
      if (before === undefined) this.#entries.delete(entry.mapKey)
      else {
        entry.restore(before)
        this.#linkAfter(entry, previous)
        this.#budget.usedBytes += entry.bytes
      }
    }
  }

  /** Forgets all of it, as an abort does. */
  clear(): void {
    this.#takeAll()
    this.#undo = undefined
  }

  async #flushRest(
    held: readonly HeldEntry[],
    next: number,
    pending: PromiseLike<void>,
  ): Promise<void> {
    await pending
    for (const entry of held.slice(next)) {
      if (this.#forward !== undefined) await this.#scope.forwardHeld(entry, this.#forward)
    }
  }

  #takeAll(): readonly HeldEntry[] {
    const held: HeldEntry[] = []
    for (let entry = this.#first; entry !== undefined; entry = entry.next) {
      held.push(entry)
      this.#budget.usedBytes -= entry.bytes
    }
    this.#entries.clear()
    this.#first = undefined
    this.#last = undefined
    // What a savepoint knew of has gone downstream.
    if (this.#undo !== undefined) this.#undo = []
    return held
  }

  #unlink(entry: HeldEntry): void {
    const { previous, next } = entry
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    entry.previous = undefined
    entry.next = undefined
  }

  #linkAfter(entry: HeldEntry, previous: HeldEntry | undefined): void {
    const next = previous === undefined ? this.#first : previous.next
    entry.previous = previous
    entry.next = next
    if (previous === undefined) this.#first = entry
    else previous.next = entry
    if (next === undefined) this.#last = entry
    else next.previous = entry
  }
}

/** Changed in place by each update: an object an update would cost more than the update. */
class HeldEntry implements HeldUpdate {
  readonly keyBytes: Uint8Array
  readonly mapKey: string
  readonly before: DirtyEntry | undefined
  timestampMs = 0
  headers: Headers = NO_HEADERS
  bytes = 0
  previous: HeldEntry | undefined
  next: HeldEntry | undefined
  // The fields, not the record: it would keep the bytes of its key and value alive.
  #topic: string | undefined
  #partition = 0
  #offset = 0

  constructor(keyBytes: Uint8Array, mapKey: string, before: DirtyEntry | undefined) {
    this.keyBytes = keyBytes
    this.mapKey = mapKey
    this.before = before
  }

  get origin(): RecordMetadata | undefined {
    if (this.#topic === undefined) return undefined
    return { topic: this.#topic, partition: this.#partition, offset: this.#offset }
  }

  set(update: Update, origin: RecordMetadata | undefined): void {
    this.timestampMs = update.timestampMs
    this.headers = update.headers
    this.#topic = origin?.topic
    this.#partition = origin?.partition ?? 0
    this.#offset = origin?.offset ?? 0
    const source = this.#topic?.length ?? 0
    this.bytes = ENTRY_OVERHEAD_BYTES + this.keyBytes.length + update.valueBytes + source
  }

  copy(): HeldEntry {
    const copy = new HeldEntry(this.keyBytes, this.mapKey, this.before)
    copy.restore(this)
    return copy
  }

  restore(from: HeldEntry): void {
    this.timestampMs = from.timestampMs
    this.headers = from.headers
    this.bytes = from.bytes
    this.#topic = from.#topic
    this.#partition = from.#partition
    this.#offset = from.#offset
  }
}
