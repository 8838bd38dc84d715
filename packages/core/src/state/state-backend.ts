import type { Awaitable } from '../base/awaitable.ts'

/** Committed entries of one store. Keys sort as unsigned bytes. */
export interface CommittedEntries {
  /**
   * `mapKey` is `bytesToMapKey(key)`, which the caller has at hand; `key` may be left to the callee, who seldom needs
   * it. The result must not be changed.
   */
  get(key: Uint8Array | undefined, mapKey: string): Uint8Array | undefined
  /**
   * Entries with `from <= key < to`; the view is the one at the time of the call. A caller that stops
   * early calls `return()` of the iterator, as `for…of` does: it may hold resources.
   */
  range(bounds: KeyBounds): Iterable<readonly [key: Uint8Array, value: Uint8Array]>
}

/** An absent bound is open. */
export interface KeyBounds {
  readonly from: Uint8Array | undefined
  /** Excluded. */
  readonly to: Uint8Array | undefined
  readonly reverse: boolean
}

/** `from <= key < to` */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/** What one transaction changed in one store; a null value deletes. */
export interface StoreBatch {
  readonly store: string
  /** Dropped as a whole before the writes, as expired segments are. */
  readonly deletedRanges?: readonly KeyRange[]
  readonly writes: Iterable<{
    readonly key: Uint8Array
    readonly mapKey: string
    readonly value: Uint8Array | null
  }>
}

/** How far a changelog is applied. */
export interface ChangelogPosition {
  /** The offset to go on reading from. */
  readonly offset: number
  /** Of the changelog topic: one that was deleted and made anew has another id, and other records. */
  readonly topicId: string
}

/**
 * The committed state of one task: its stores and how far their changelogs are applied.
 *
 * Semantics: {@link apply} changes all stores and positions in one step: after a crash all of it is
 * there, or nothing. It is called only with what a committed transaction (or a changelog) holds, so
 * nothing in here ever has to be undone. A power cut may take back the last steps as a whole, never
 * a step in the middle.
 */
export interface TaskState {
  entries(store: string): CommittedEntries
  /** Undefined for a new store. */
  position(store: string): ChangelogPosition | undefined
  /**
   * `positions` holds, per store, the changelog position after the last record applied.
   * @throws MillraceError `MR_STATE_DISK_FULL`, `MR_STATE_IO`: nothing was applied then, and the state must be opened anew
   */
  apply(
    batches: readonly StoreBatch[],
    positions: ReadonlyMap<string, ChangelogPosition>,
  ): Awaitable<void>
  /** Forgets one store's entries and position, to rebuild it. */
  clear(store: string): Awaitable<void>
  /** Idempotent. What survives is the backend's promise: nothing in memory, everything applied on disk. */
  close(): Awaitable<void>
}

/** A task's state that is to be opened. */
export interface TaskStateRequest {
  /** `<subtopology>_<partition>` */
  readonly taskId: string
  readonly stores: readonly string[]
  /** Where a persistent backend keeps this task, and nothing else lives; it need not exist yet. '' for one that is not persistent. */
  readonly directory: string
}

/** Where tasks keep their state: memory, or a package such as RocksDB's. One object serves one app. */
export interface StateBackend {
  readonly kind: string
  /** False when a closed task's state is gone, and must be restored from the start. */
  readonly persistent: boolean
  /**
   * @throws MillraceError `MR_STATE_CORRUPT` when what is there cannot be read: the caller empties the
   * directory and opens again; `MR_STATE_DISK_FULL`, `MR_STATE_IO`.
   */
  open(request: TaskStateRequest): Awaitable<TaskState>
}
