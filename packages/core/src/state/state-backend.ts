import type { Awaitable } from '../base/awaitable.ts'

/** Committed entries of one store. Keys sort as unsigned bytes. */
export interface CommittedEntries {
  /** `mapKey` is `bytesToMapKey(key)`, which the caller has at hand. The result must not be changed. */
  get(key: Uint8Array, mapKey: string): Uint8Array | undefined
  /** Entries with `from <= key < to`; the view is the one at the time of the call. */
  range(bounds: KeyBounds): Iterable<readonly [key: Uint8Array, value: Uint8Array]>
}

/** An absent bound is open. */
export interface KeyBounds {
  readonly from: Uint8Array | undefined
  /** Excluded. */
  readonly to: Uint8Array | undefined
  readonly reverse: boolean
}

/** What one transaction changed in one store; a null value deletes. */
export interface StoreBatch {
  readonly store: string
  readonly writes: Iterable<{
    readonly key: Uint8Array
    readonly mapKey: string
    readonly value: Uint8Array | null
  }>
}

/**
 * The committed state of one task: its stores and how far their changelogs are applied.
 *
 * Semantics: {@link apply} changes all stores and positions in one step: after a crash all of it is
 * there, or nothing. It is called only with what a committed transaction (or a changelog) holds, so
 * nothing in here ever has to be undone.
 */
export interface TaskState {
  entries(store: string): CommittedEntries
  /** The changelog offset to go on reading from; undefined for a new store. */
  position(store: string): number | undefined
  /** `positions` holds, per store, the changelog offset after the last record applied. */
  apply(batches: readonly StoreBatch[], positions: ReadonlyMap<string, number>): Awaitable<void>
  /** Forgets one store's entries and position, to rebuild it. */
  clear(store: string): Awaitable<void>
  /** Idempotent. What survives is the backend's promise: nothing in memory, everything applied on disk. */
  close(): Awaitable<void>
}

/** Where tasks keep their state: memory, or a package such as RocksDB's. */
export interface StateBackend {
  readonly kind: string
  /** False when a closed task's state is gone, and must be restored from the start. */
  readonly persistent: boolean
  open(taskId: string, stores: readonly string[]): Awaitable<TaskState>
}
