import { bytesToMapKey, compareBytes } from '../base/bytes.ts'
import type { CommittedEntries, KeyBounds } from './state-backend.ts'

/** A write of the open transaction. */
export interface DirtyEntry {
  readonly key: Uint8Array
  readonly mapKey: string
  /** Null deletes. */
  readonly value: Uint8Array | null
  /** Event time of the write: the changelog timestamp where the value holds none. */
  readonly timestampMs: number
}

type Entry = readonly [key: Uint8Array, value: Uint8Array]

/** What one entry costs beyond its bytes: Map slot, strings, objects. */
const ENTRY_OVERHEAD_BYTES = 160

/**
 * The writes of one store in the open transaction, over its committed entries.
 *
 * Semantics: reads see the writes at once; {@link dirtyEntries} is what goes to the changelog and, once
 * the transaction has committed, to the backend; {@link clear} forgets them, which is both the end of
 * a commit and the whole of a roll-back. A savepoint takes back the writes of one record.
 *
 * Invariant: the backend never sees a write of a transaction that may still abort.
 */
export class TransactionBuffer {
  readonly store: string
  readonly #committed: CommittedEntries
  #dirty = new Map<string, DirtyEntry>()
  #bytes = 0
  /** Undo log: the entry before each write since the savepoint; undefined where there was none. */
  #undo: { readonly mapKey: string; readonly before: DirtyEntry | undefined }[] | undefined

  constructor(store: string, committed: CommittedEntries) {
    this.store = store
    this.#committed = committed
  }

  /** About how much memory the writes take. */
  get dirtyBytes(): number {
    return this.#bytes
  }

  get dirtyCount(): number {
    return this.#dirty.size
  }

  /** `mapKey` is `bytesToMapKey(key)`, for a caller that has it at hand. */
  get(key: Uint8Array, mapKey: string = bytesToMapKey(key)): Uint8Array | null {
    const entry = this.#dirty.get(mapKey)
    if (entry !== undefined) return entry.value
    return this.#committed.get(key, mapKey) ?? null
  }

  /** `key` and `value` are kept: the caller must not change them afterwards. */
  put(
    key: Uint8Array,
    value: Uint8Array | null,
    timestampMs: number,
    mapKey: string = bytesToMapKey(key),
  ): void {
    if (this.#undo !== undefined) this.#undo.push({ mapKey, before: this.#dirty.get(mapKey) })
    this.#dirty.set(mapKey, { key, mapKey, value, timestampMs })
    this.#bytes += key.length * 2 + (value?.length ?? 0) + ENTRY_OVERHEAD_BYTES
  }

  /** The write of the open transaction, if there is one. */
  dirtyEntry(mapKey: string): DirtyEntry | undefined {
    return this.#dirty.get(mapKey)
  }

  /** What the last transaction left; null when there is no such key. */
  committedValue(key: Uint8Array, mapKey: string): Uint8Array | null {
    return this.#committed.get(key, mapKey) ?? null
  }

  /** Takes a write of the open transaction out, as if it had not been made. */
  forget(mapKey: string): void {
    if (this.#undo !== undefined) this.#undo.push({ mapKey, before: this.#dirty.get(mapKey) })
    this.#dirty.delete(mapKey)
  }

  /** Entries within the bounds, dirty over committed; the view is the one at the time of the call. */
  range(bounds: KeyBounds): Iterable<Entry> {
    const dirty = this.#dirtyWithin(bounds)
    const committed = this.#committed.range(bounds)
    if (dirty.length === 0) return committed
    return merge(committed, dirty, bounds.reverse ? -1 : 1)
  }

  /** In the order in which the keys were first written; one write a key, the last. */
  dirtyEntries(): Iterable<DirtyEntry> {
    return this.#dirty.values()
  }

  clear(): void {
    // A new Map: clearing a large one keeps its table, and costs as much as it once held.
    this.#dirty = new Map()
    this.#bytes = 0
    this.#undo = undefined
  }

  setSavepoint(): void {
    this.#undo = []
  }

  rollbackToSavepoint(): void {
    const undo = this.#undo ?? []
    for (let i = undo.length - 1; i >= 0; i--) {
      const step = undo[i]
      if (step === undefined) continue
      if (step.before === undefined) this.#dirty.delete(step.mapKey)
      else this.#dirty.set(step.mapKey, step.before)
    }
    this.#undo = undefined
  }

  #dirtyWithin({ from, to, reverse }: KeyBounds): DirtyEntry[] {
    const found: DirtyEntry[] = []
    for (const entry of this.#dirty.values()) {
      if (from !== undefined && compareBytes(entry.key, from) < 0) continue
      if (to !== undefined && compareBytes(entry.key, to) >= 0) continue
      found.push(entry)
    }
    const sign = reverse ? -1 : 1
    return found.sort((a, b) => sign * compareBytes(a.key, b.key))
  }
}

/** Merges two ordered runs; where both have a key the dirty one counts, and a dirty null hides it. */
function* merge(
  committed: Iterable<Entry>,
  dirty: readonly DirtyEntry[],
  sign: 1 | -1,
): Generator<Entry> {
  let next = 0
  for (const entry of committed) {
    let hidden = false
    for (; next < dirty.length; next++) {
      const write = dirty[next]
      if (write === undefined) break
      const order = sign * compareBytes(write.key, entry[0])
      if (order > 0) break
      if (order === 0) hidden = true
      if (write.value !== null) yield [write.key, write.value]
    }
    if (!hidden) yield entry
  }
  for (; next < dirty.length; next++) {
    const write = dirty[next]
    if (write !== undefined && write.value !== null) yield [write.key, write.value]
  }
}
