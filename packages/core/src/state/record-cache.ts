import { type Awaitable, isPromiseLike } from '../base/awaitable.ts'
import { type Headers, NO_HEADERS } from '../record/headers.ts'
import type { RecordMetadata } from '../record/record-metadata.ts'
import type { BufferedWrite } from './buffered-write.ts'

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
  /** The last update. */
  readonly write: BufferedWrite
  /** What this transaction forwarded last; undefined when it forwarded nothing: then it is what is committed. */
  readonly before: BufferedWrite | undefined
  /** Of the record that made the last update. */
  readonly timestampMs: number
  readonly headers: Headers
  readonly origin: RecordMetadata | undefined
}

/** The record that made an update. */
export interface UpdateCause {
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

  /**
   * False for a write that was forwarded: what it says is needed as the old value of the next one.
   */
  mayChange(write: BufferedWrite): boolean {
    return heldOf(write) !== undefined
  }

  /** The update that is held of the key of this write, if there is one. */
  heldOf(write: BufferedWrite): HeldUpdate | undefined {
    return heldOf(write)
  }

  /** To be called with each write. `before` is the one of the same key before it, or the same one. */
  hold(write: BufferedWrite, before: BufferedWrite | undefined, cause: UpdateCause): void {
    let entry = before === undefined ? undefined : heldOf(before)
    if (entry === undefined) {
      entry = new HeldEntry(write, before)
      this.#undo?.push({ entry, before: undefined, previous: undefined })
    } else {
      this.#undo?.push({ entry, before: entry.copy(), previous: entry.previous })
      this.#budget.usedBytes -= entry.bytes
      this.#unlink(entry)
    }
    write.held = entry
    entry.set(write, cause, this.#scope.current)
    this.#linkAfter(entry, this.#last)
    this.#budget.usedBytes += entry.bytes
    if (this.#budget.isExceeded) this.#scope.flushSoon(this)
  }

  /** To be called with a write that the table did not make: the update that is held of its key, if any, is one to it. */
  overwrite(write: BufferedWrite, before: BufferedWrite | undefined): void {
    const entry = before === undefined ? undefined : heldOf(before)
    if (entry !== undefined) this.hold(write, before, entry)
  }

  /**
   * Forgets the update that is held of the key of this write: it has never been forwarded, and is not to be. False
   * when there is none, or when it must be told all the same.
   */
  release(write: BufferedWrite): boolean {
    const entry = heldOf(write)
    // A savepoint would have to put it back.
    if (entry === undefined || entry.before !== undefined || this.#undo !== undefined) return false
    this.#unlink(entry)
    entry.isHeld = false
    this.#budget.usedBytes -= entry.bytes
    return true
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
      if (before === undefined) entry.isHeld = false
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
      entry.isHeld = false
      this.#budget.usedBytes -= entry.bytes
    }
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

function heldOf(write: BufferedWrite): HeldEntry | undefined {
  const { held } = write
  // Only hold() puts anything there.
  return held instanceof HeldEntry && held.isHeld ? held : undefined
}

/** Changed in place by each update: an object an update would cost more than the update. */
class HeldEntry implements HeldUpdate {
  write: BufferedWrite
  readonly before: BufferedWrite | undefined
  timestampMs = 0
  headers: Headers = NO_HEADERS
  bytes = 0
  isHeld = true
  previous: HeldEntry | undefined
  next: HeldEntry | undefined
  // The fields, not the record: it would keep the bytes of its key and value alive.
  #topic: string | undefined
  #partition = 0
  #offset = 0

  constructor(write: BufferedWrite, before: BufferedWrite | undefined) {
    this.write = write
    this.before = before
  }

  get origin(): RecordMetadata | undefined {
    if (this.#topic === undefined) return undefined
    return { topic: this.#topic, partition: this.#partition, offset: this.#offset }
  }

  set(write: BufferedWrite, cause: UpdateCause, origin: RecordMetadata | undefined): void {
    this.write = write
    this.timestampMs = cause.timestampMs
    this.headers = cause.headers
    this.#topic = origin?.topic
    this.#partition = origin?.partition ?? 0
    this.#offset = origin?.offset ?? 0
    const source = this.#topic?.length ?? 0
    this.bytes = ENTRY_OVERHEAD_BYTES + write.mapKey.length + write.valueBytes + source
  }

  copy(): HeldEntry {
    const copy = new HeldEntry(this.write, this.before)
    copy.restore(this)
    return copy
  }

  restore(from: HeldEntry): void {
    this.write = from.write
    this.timestampMs = from.timestampMs
    this.headers = from.headers
    this.bytes = from.bytes
    this.#topic = from.#topic
    this.#partition = from.#partition
    this.#offset = from.#offset
  }
}
