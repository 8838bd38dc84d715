import { MillraceError } from '@millrace/core'
import {
  bytesToMapKey,
  type ChangelogPosition,
  type CommittedEntries,
  type StoreBatch,
  type TaskState,
} from '@millrace/core/internal'
import type { Database, DatabaseRange, WriteBatch } from './binding/database.ts'
import { deleteRanges, type StoreCatalogue } from './store-catalogue.ts'
import { RangeDeletions } from './range-deletions.ts'
import type { ReadCache } from './read-cache.ts'
import { RocksDbEntries } from './rocksdb-entries.ts'
import {
  encodePosition,
  encodeRanges,
  PENDING_RANGES_KEY,
  positionKey,
  rowKey,
  rowsOf,
} from './row-layout.ts'

export interface TaskStateParts {
  readonly database: Database
  readonly catalogue: StoreCatalogue
  readonly cache: ReadCache
  /** Called once, when the database is closed. */
  readonly onClosed: () => void
}

/**
 * One task's state in one database.
 *
 * Semantics: a step is one write batch, which holds the entries of all stores and their positions. The
 * ranges that it deletes are in the batch as a row that says so; they are deleted after it, and again
 * when the database is opened, in case a crash came between. The next batch forgets the row.
 *
 * Invariant: after a failed write nothing is written any more. RocksDB may hold the failed batch or
 * not; both are consistent, but only opening it anew tells which.
 */
export class RocksDbTaskState implements TaskState {
  readonly #parts: TaskStateParts
  readonly #stores: ReadonlyMap<string, RocksDbEntries>
  readonly #positions: Map<string, ChangelogPosition>
  #hasPendingRanges = false
  #failure: MillraceError | undefined
  #closed: Promise<void> | undefined

  constructor(parts: TaskStateParts) {
    const { catalogue, database, cache } = parts
    this.#parts = parts
    this.#positions = new Map(catalogue.positions)
    this.#hasPendingRanges = catalogue.hasPendingRanges
    this.#stores = new Map(
      [...catalogue.storeIds].map(([name, storeId], cacheIndex) => [
        name,
        new RocksDbEntries({ storeId, cacheIndex }, database, cache),
      ]),
    )
  }

  entries(store: string): CommittedEntries {
    return this.#store(store)
  }

  position(store: string): ChangelogPosition | undefined {
    return this.#positions.get(store)
  }

  /** Synchronous: it is done, or has failed, when it returns. */
  apply(batches: readonly StoreBatch[], positions: ReadonlyMap<string, ChangelogPosition>): void {
    const step = new Step()
    this.#write(step, (into) => {
      for (const batch of batches) this.#fill(batch, step, into)
      for (const [store, position] of positions) {
        into.put(positionKey(this.#store(store).storeId), encodePosition(position))
      }
    })
    for (const [store, position] of positions) this.#positions.set(store, position)
    step.show(this.#parts.cache)
  }

  clear(store: string): void {
    const { storeId, cacheIndex } = this.#store(store)
    const step = new Step()
    step.delete(rowsOf(storeId), cacheIndex)
    this.#write(step, (into) => {
      into.delete(positionKey(storeId))
    })
    this.#positions.delete(store)
    step.show(this.#parts.cache)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close().finally(this.#parts.onClosed)
    return this.#closed
  }

  async #close(): Promise<void> {
    try {
      await this.#parts.database.close()
    } catch (error) {
      // After a failed write closing fails as well, and closes all the same. The failure is known.
      if (this.#failure === undefined) throw error
    }
  }

  #fill(batch: StoreBatch, step: Step, into: WriteBatch): void {
    const { storeId, cacheIndex } = this.#store(batch.store)
    const { cache } = this.#parts
    for (const { from, to } of batch.deletedRanges ?? []) {
      step.delete(rowsOf(storeId, from, to), cacheIndex)
    }
    for (const { key, mapKey, value } of batch.writes) {
      const row = rowKey(storeId, key)
      if (value === null) into.delete(row)
      else {
        into.put(row, value)
        step.deletions.written(row)
      }
      if (cache.has(cacheIndex, mapKey)) step.changed(cacheIndex, mapKey, value)
    }
  }

  #write(step: Step, fill: (into: WriteBatch) => void): void {
    if (this.#failure !== undefined) throw this.#failure
    const { database } = this.#parts
    let ranges: readonly DatabaseRange[] = []
    try {
      database.write((into) => {
        fill(into)
        ranges = step.deletions.ranges()
        if (ranges.length > 0) into.put(PENDING_RANGES_KEY, encodeRanges(ranges))
        else if (this.#hasPendingRanges) into.delete(PENDING_RANGES_KEY)
      })
      this.#hasPendingRanges = ranges.length > 0
      deleteRanges(database, ranges)
    } catch (error) {
      if (MillraceError.is(error)) this.#failure = error
      throw error
    }
  }

  #store(name: string): RocksDbEntries {
    const store = this.#stores.get(name)
    if (store === undefined) throw new TypeError(`the task has no store ${name}`)
    return store
  }
}

/** What a step does beside its batch. */
class Step {
  readonly deletions: RangeDeletions = new RangeDeletions()
  readonly #droppedStores = new Set<number>()
  readonly #changes: {
    readonly store: number
    readonly mapKey: string
    readonly value: Uint8Array | null
  }[] = []

  delete(range: DatabaseRange, cacheIndex: number): void {
    this.deletions.delete(range)
    this.#droppedStores.add(cacheIndex)
  }

  /** A row that the read cache knows is written. */
  changed(store: number, mapKey: string, value: Uint8Array | null): void {
    this.#changes.push({ store, mapKey, value })
  }

  /** Once it is written: the read cache shows it. A store of which a range was deleted begins anew. */
  show(cache: ReadCache): void {
    for (const store of this.#droppedStores) cache.drop(store)
    for (const { store, mapKey, value } of this.#changes) {
      if (this.#droppedStores.has(store)) continue
      cache.update(store, mapKey, value === null ? null : bytesToMapKey(value))
    }
  }
}
