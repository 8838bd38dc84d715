import { compareBytes } from '../base/bytes.ts'
import type { KeyRange } from './state-backend.ts'
import type { DirtyEntry } from './transaction-buffer.ts'

export type StoredEntry = readonly [key: Uint8Array, value: Uint8Array]

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * Two ordered runs as one: where both have a key the dirty entry counts, a dirty null hides it, and
 * nothing committed is left in a deleted range.
 *
 * A class, because a generator that was never started does not run its `finally`: it would not close
 * the committed run, which may hold resources of a backend.
 */
export class MergedIterator implements IterableIterator<StoredEntry, undefined> {
  readonly #committed: Iterator<StoredEntry>
  readonly #dirty: Iterator<readonly [string, DirtyEntry]>
  readonly #deleted: readonly KeyRange[]
  readonly #sign: 1 | -1
  #nextCommitted: StoredEntry | undefined
  #nextDirty: DirtyEntry | undefined
  #isStarted = false
  #isDone = false

  constructor(
    committed: Iterable<StoredEntry>,
    dirty: Iterator<readonly [string, DirtyEntry]>,
    deleted: readonly KeyRange[],
    reverse: boolean,
  ) {
    this.#committed = committed[Symbol.iterator]()
    this.#dirty = dirty
    this.#deleted = deleted
    this.#sign = reverse ? -1 : 1
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<StoredEntry, undefined> {
    if (!this.#isStarted) this.#start()
    for (;;) {
      const committed = this.#nextCommitted
      const dirty = this.#nextDirty
      if (dirty === undefined) {
        if (committed === undefined) return DONE
        this.#nextCommitted = this.#takeCommitted()
        return { done: false, value: committed }
      }
      const order =
        committed === undefined ? -1 : this.#sign * compareBytes(dirty.key, committed[0])
      if (order > 0 && committed !== undefined) {
        this.#nextCommitted = this.#takeCommitted()
        return { done: false, value: committed }
      }
      if (order === 0) this.#nextCommitted = this.#takeCommitted()
      this.#nextDirty = this.#takeDirty()
      if (dirty.value !== null) return { done: false, value: [dirty.key, dirty.value] }
    }
  }

  return(): IteratorReturnResult<undefined> {
    this.#isStarted = true
    this.#nextCommitted = undefined
    this.#nextDirty = undefined
    if (!this.#isDone) {
      this.#isDone = true
      this.#committed.return?.()
    }
    return DONE
  }

  #start(): void {
    this.#isStarted = true
    this.#nextCommitted = this.#takeCommitted()
    this.#nextDirty = this.#takeDirty()
  }

  #takeCommitted(): StoredEntry | undefined {
    if (this.#isDone) return undefined
    for (;;) {
      const { done, value } = this.#committed.next() as IteratorResult<StoredEntry, undefined>
      if (done === true) {
        this.#isDone = true
        return undefined
      }
      if (this.#deleted.length === 0 || !isWithin(value[0], this.#deleted)) return value
    }
  }

  #takeDirty(): DirtyEntry | undefined {
    const result = this.#dirty.next() as IteratorResult<readonly [string, DirtyEntry], undefined>
    return result.value?.[1]
  }
}

export function isWithin(key: Uint8Array, ranges: readonly KeyRange[]): boolean {
  for (const { from, to } of ranges) {
    if (compareBytes(key, from) >= 0 && compareBytes(key, to) < 0) return true
  }
  return false
}
