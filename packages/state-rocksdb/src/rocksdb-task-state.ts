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

/** Read before a range is deleted: a tenth of a millisecond. */
const FEW_ROWS = 100

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
 * Semantics: a step is one write batch, which holds the entries of all stores and their positions. Large
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
    const cleared = this.#store(store)
    const step = new Step()
    this.#write(step, (into) => {
      this.#delete(cleared, rowsOf(cleared.storeId), { step, into })
      into.delete(positionKey(cleared.storeId))
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
    const store = this.#store(batch.store)
    const { storeId, cacheIndex } = store
    const { cache } = this.#parts
    for (const { from, to } of batch.deletedRanges ?? []) {
      this.#delete(store, rowsOf(storeId, from, to), { step, into })
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
    step.wrote(cacheIndex)
  }

  /**
   * Row by row where there are few. A range deletion makes every read behind it look for it, and all
   * of them are sorted anew after each until they are flushed.
   */
  #delete(store: RocksDbEntries, range: DatabaseRange, { step, into }: Writing): void {
    step.drop(store.cacheIndex)
    // What this step itself has written is not in the database yet.
    if (!step.hasWritten(store.cacheIndex)) {
      const rows = this.#parts.database.keys(range, FEW_ROWS + 1)
      if (rows.length <= FEW_ROWS) {
        for (const row of rows) into.delete(row)
        return
      }
    }
    step.deletions.delete(range)
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

interface Writing {
  readonly step: Step
  readonly into: WriteBatch
}

/** What a step does beside its batch. */
class Step {
  readonly deletions: RangeDeletions = new RangeDeletions()
  readonly #droppedStores = new Set<number>()
  readonly #writtenStores = new Set<number>()
  readonly #changes: {
    readonly store: number
    readonly mapKey: string
    readonly value: Uint8Array | null
  }[] = []

  /** True when there are rows in the batch, which a range deletion behind them has to delete as well. */
  hasWritten(cacheIndex: number): boolean {
    return this.#writtenStores.has(cacheIndex)
  }

  wrote(cacheIndex: number): void {
    this.#writtenStores.add(cacheIndex)
  }

  /** A part of the store was deleted. */
  drop(cacheIndex: number): void {
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
