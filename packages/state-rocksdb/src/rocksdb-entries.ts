import {
  bytesToMapKey,
  type CommittedEntries,
  compareBytes,
  type KeyBounds,
  mapKeyToBytes,
} from '@millrace/core/internal'
import type { Database, DatabaseIterator, RowBlock } from './binding/database.ts'
import type { ReadCache } from './read-cache.ts'
import { keyOfRow, rowKey, rowsOf } from './row-layout.ts'

type Entry = readonly [key: Uint8Array, value: Uint8Array]

/** Enough for most look-ups of a window or a session, and no more than those need. */
const FIRST_BLOCK_ROWS = 16
const MAX_BLOCK_ROWS = 256

/** Closes what a caller neither finished nor returned, once it cannot be reached any more. */
const forgotten = new FinalizationRegistry((iterator: DatabaseIterator) => {
  iterator.close()
})

/** The entries of one store: the read cache, then RocksDB. */
export class RocksDbEntries implements CommittedEntries {
  readonly storeId: number
  /** Of this store in the read cache. */
  readonly cacheIndex: number
  readonly #database: Database
  readonly #cache: ReadCache

  constructor(
    store: { readonly storeId: number; readonly cacheIndex: number },
    database: Database,
    cache: ReadCache,
  ) {
    this.storeId = store.storeId
    this.cacheIndex = store.cacheIndex
    this.#database = database
    this.#cache = cache
  }

  get(key: Uint8Array | undefined, mapKey: string): Uint8Array | undefined {
    const cached = this.#cache.get(this.cacheIndex, mapKey)
    if (cached !== undefined) return cached === null ? undefined : Buffer.from(cached, 'latin1')
    const value = this.#database.get(rowKey(this.storeId, key ?? mapKeyToBytes(mapKey)))
    this.#cache.add(this.cacheIndex, mapKey, value === undefined ? null : bytesToMapKey(value))
    return value
  }

  /** The first rows are read at once: a short range leaves nothing open, whatever the caller does. */
  range({ from, to, reverse }: KeyBounds): Iterable<Entry> {
    if (from !== undefined && to !== undefined && compareBytes(from, to) >= 0) return []
    const iterator = this.#database.iterate({ ...rowsOf(this.storeId, from, to), reverse })
    const first = iterator.next(FIRST_BLOCK_ROWS)
    if (first.finished) return entriesOf(first)
    return new OpenRange(iterator, first)
  }
}

function entriesOf({ rows }: RowBlock): readonly Entry[] {
  const entries: Entry[] = []
  for (let i = 0; i < rows.length; i += 2) {
    const key = rows[i]
    const value = rows[i + 1]
    if (key !== undefined && value !== undefined) entries.push([keyOfRow(key), value])
  }
  return entries
}

/** A range of more than one block. It can be gone through once. */
class OpenRange implements IterableIterator<Entry> {
  readonly #iterator: DatabaseIterator
  #entries: readonly Entry[]
  #next = 0
  #blockRows = FIRST_BLOCK_ROWS
  #isLastBlock = false

  constructor(iterator: DatabaseIterator, first: RowBlock) {
    this.#iterator = iterator
    this.#entries = entriesOf(first)
    forgotten.register(this, iterator, iterator)
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Entry, undefined> {
    let entry = this.#entries[this.#next]
    if (entry === undefined) {
      if (this.#isLastBlock) return { done: true, value: undefined }
      this.#readBlock()
      entry = this.#entries[0]
      if (entry === undefined) return { done: true, value: undefined }
    }
    this.#next++
    return { done: false, value: entry }
  }

  return(): IteratorResult<Entry, undefined> {
    this.#entries = []
    this.#end()
    return { done: true, value: undefined }
  }

  #readBlock(): void {
    this.#blockRows = Math.min(this.#blockRows * 4, MAX_BLOCK_ROWS)
    const block = this.#iterator.next(this.#blockRows)
    this.#entries = entriesOf(block)
    this.#next = 0
    if (block.finished) this.#end()
  }

  #end(): void {
    this.#isLastBlock = true
    this.#iterator.close()
    forgotten.unregister(this.#iterator)
  }
}
