import { bytesToMapKey, compareBytes, mapKeyToBytes } from '../base/bytes.ts'
import { BufferedWrite } from './buffered-write.ts'
import { isWithin, MergedIterator, type StoredEntry } from './merged-iterator.ts'
import { OrderedMap } from './ordered-map.ts'
import type { CommittedEntries, KeyBounds, KeyRange, StoreBatch } from './state-backend.ts'
import { StoreScalars } from './store-scalars.ts'

/** A write of the open transaction. */
export interface DirtyEntry {
  readonly key: Uint8Array
  readonly mapKey: string
  /** Null deletes. */
  readonly value: Uint8Array | null
  /** Event time of the write: the changelog timestamp where the value holds none. */
  readonly timestampMs: number
}

/** A step of a store whose changelog has every step, and not the last state of each key. */
export type LoggedEntry = Omit<DirtyEntry, 'mapKey'>

/** What one entry costs beyond its bytes: Map slot, strings, objects. */
const ENTRY_OVERHEAD_BYTES = 160

const NO_RANGES: readonly KeyRange[] = []

interface Savepoint {
  /** The entry before each write since then; undefined where there was none. */
  readonly writes: { readonly mapKey: string; readonly before: BufferedWrite | undefined }[]
  readonly deletedRanges: readonly KeyRange[]
  readonly logged: number
}

/**
 * The writes of one store in the open transaction, over its committed entries.
 *
 * Semantics: reads see the writes at once; {@link batch} is what goes to the backend once the
 * transaction has committed, and {@link applied} its end; {@link clear} is the whole of a roll-back. A savepoint takes back the writes of one record. A range that was deleted
 * is empty until it is written to again.
 *
 * Invariant: the backend never sees a write of a transaction that may still abort.
 */
export class TransactionBuffer {
  readonly store: string
  /** The store's numbers: part of the transaction, as its entries are. */
  readonly scalars: StoreScalars
  readonly #committed: CommittedEntries
  readonly #dirty = new OrderedMap<BufferedWrite>()
  /** Replaced and never changed: views keep it. Ordered, and apart from each other. */
  #deletedRanges = NO_RANGES
  #logged: LoggedEntry[] = []
  #bytes = 0
  #savepoint: Savepoint | undefined
  #version = 0
  #generation = 0

  constructor(store: string, committed: CommittedEntries) {
    this.store = store
    this.#committed = committed
    this.scalars = new StoreScalars(committed)
  }

  /** About how much memory the writes take. */
  get dirtyBytes(): number {
    return this.#bytes
  }

  get dirtyCount(): number {
    return this.#dirty.size
  }

  /** True when there is something to commit. */
  get isDirty(): boolean {
    return (
      this.#dirty.size > 0 ||
      this.#deletedRanges.length > 0 ||
      this.#logged.length > 0 ||
      this.scalars.isChanged
    )
  }

  /** `mapKey` is `bytesToMapKey(key)`, for a caller that has it at hand. */
  get(key: Uint8Array, mapKey: string = bytesToMapKey(key)): Uint8Array | null {
    const entry = this.#dirty.get(mapKey)
    if (entry !== undefined) return entry.value
    if (this.#deletedRanges.length > 0 && isWithin(key, this.#deletedRanges)) return null
    return this.#committed.get(key, mapKey) ?? null
  }

  /** The same for a key of which {@link dirtyEntry} has said that there is no write. */
  getUnwritten(key: Uint8Array | undefined, mapKey: string): Uint8Array | null {
    const ranges = this.#deletedRanges
    if (ranges.length > 0 && isWithin(key ?? mapKeyToBytes(mapKey), ranges)) return null
    return this.#committed.get(key, mapKey) ?? null
  }

  /** `key` and `value` are kept: the caller must not change them afterwards. */
  put(
    key: Uint8Array,
    value: Uint8Array | null,
    timestampMs: number,
    mapKey: string = bytesToMapKey(key),
  ): void {
    const write = new BufferedWrite(mapKey, key)
    write.setBytes(value, timestampMs)
    this.replace(this.#dirty.get(mapKey), write)
  }

  /** The write of the open transaction, if there is one. */
  dirtyEntry(mapKey: string): BufferedWrite | undefined {
    return this.#dirty.get(mapKey)
  }

  /** Another one than before: what {@link dirtyEntry} has returned may not be there any more. */
  get version(): number {
    return this.#version
  }

  /** Another one than before: writes may have been taken back, and what was derived from them is not true. */
  get generation(): number {
    return this.#generation
  }

  /** False when a savepoint or a view needs writes as they are. They must be replaced then, not changed. */
  get areWritesPrivate(): boolean {
    return this.#savepoint === undefined && !this.#dirty.isOrdered
  }

  /** Puts a write in the place of `before`, which is the one of its key. */
  replace(before: BufferedWrite | undefined, write: BufferedWrite): void {
    const { mapKey } = write
    if (this.#savepoint !== undefined) this.#savepoint.writes.push({ mapKey, before })
    if (before !== undefined) this.#bytes -= bytesOf(before)
    this.#dirty.set(mapKey, write)
    this.#bytes += bytesOf(write)
    this.#version++
  }

  /** To be called when a write was changed in place, with {@link BufferedWrite.valueBytes} before. */
  changed(write: BufferedWrite, valueBytesBefore: number): void {
    this.#bytes += write.valueBytes - valueBytesBefore
  }

  /** What the last transaction left; null when there is no such key. */
  committedValue(key: Uint8Array, mapKey: string): Uint8Array | null {
    return this.#committed.get(key, mapKey) ?? null
  }

  /** Takes a write of the open transaction out, as if it had not been made. */
  forget(mapKey: string): void {
    const before = this.#dirty.get(mapKey)
    if (before !== undefined) this.forgetWrite(before)
  }

  /** The same of the write that {@link dirtyEntry} has given. */
  forgetWrite(before: BufferedWrite): void {
    const { mapKey } = before
    if (this.#savepoint !== undefined) this.#savepoint.writes.push({ mapKey, before })
    this.#dirty.delete(mapKey)
    this.#bytes -= bytesOf(before)
    this.#version++
  }

  /** Deletes `from <= key < to`: what is committed there, and what the transaction has written so far. */
  deleteRange(from: Uint8Array, to: Uint8Array): void {
    if (compareBytes(from, to) >= 0) return
    for (const mapKey of this.#dirty.keysWithin(bytesToMapKey(from), bytesToMapKey(to))) {
      this.forget(mapKey)
    }
    this.#deletedRanges = withRange(this.#deletedRanges, { from, to })
  }

  /** What was deleted as a whole; writes of {@link dirtyEntries} within came after it. */
  get deletedRanges(): readonly KeyRange[] {
    return this.#deletedRanges
  }

  /** Entries within the bounds, dirty over committed; the view is the one at the time of the call. */
  range(bounds: KeyBounds): IterableIterator<StoredEntry> {
    const { from, to, reverse } = bounds
    const dirty = this.#dirty.range(mapKeyOf(from), mapKeyOf(to), reverse)
    return new MergedIterator(this.#committed.range(bounds), dirty, this.#deletedRanges, reverse)
  }

  /** Entries as the last transaction left them. */
  committedRange(bounds: KeyBounds): Iterable<StoredEntry> {
    return this.#committed.range(bounds)
  }

  /** Keeps a step for the changelog of a store that writes them all. */
  log(entry: LoggedEntry): void {
    this.#logged.push(entry)
    this.#bytes += bytesOfLogged(entry)
  }

  /** In the order of the calls of {@link log}. */
  get logged(): readonly LoggedEntry[] {
    return this.#logged
  }

  /** In the order in which the keys were first written; one write a key, the last. */
  dirtyEntries(): Iterable<DirtyEntry> {
    return this.#dirty.values()
  }

  /** What the transaction makes of the committed entries. */
  batch(): StoreBatch {
    return { store: this.store, deletedRanges: this.#deletedRanges, writes: this.#writes() }
  }

  /** Forgets the writes: they are taken back. */
  clear(): void {
    this.#generation++
    this.applied()
  }

  /** Forgets the writes: they are what is committed now. */
  applied(): void {
    this.#dirty.clear()
    this.#version++
    this.#deletedRanges = NO_RANGES
    this.#logged = []
    this.#bytes = 0
    this.#savepoint = undefined
    this.scalars.clear()
  }

  setSavepoint(): void {
    this.#savepoint = {
      writes: [],
      deletedRanges: this.#deletedRanges,
      logged: this.#logged.length,
    }
    this.scalars.setSavepoint()
  }

  rollbackToSavepoint(): void {
    const savepoint = this.#savepoint
    if (savepoint === undefined) return
    this.#generation++
    const { writes, deletedRanges, logged } = savepoint
    for (let i = writes.length - 1; i >= 0; i--) {
      const step = writes[i]
      if (step !== undefined) this.#restore(step.mapKey, step.before)
    }
    this.#deletedRanges = deletedRanges
    for (const entry of this.#logged.splice(logged)) this.#bytes -= bytesOfLogged(entry)
    this.#savepoint = undefined
    this.scalars.rollbackToSavepoint()
  }

  #restore(mapKey: string, before: BufferedWrite | undefined): void {
    this.#version++
    const after = this.#dirty.get(mapKey)
    if (after !== undefined) this.#bytes -= bytesOf(after)
    if (before === undefined) {
      this.#dirty.delete(mapKey)
      return
    }
    this.#dirty.set(mapKey, before)
    this.#bytes += bytesOf(before)
  }

  *#writes(): Generator<DirtyEntry, undefined> {
    yield* this.#dirty.values()
    const scalars = this.scalars.entry()
    if (scalars !== undefined) yield scalars
  }
}

function bytesOf({ mapKey, valueBytes }: BufferedWrite): number {
  return mapKey.length * 2 + valueBytes + ENTRY_OVERHEAD_BYTES
}

function bytesOfLogged({ key, value }: LoggedEntry): number {
  return key.length * 2 + (value?.length ?? 0) + ENTRY_OVERHEAD_BYTES
}

function mapKeyOf(bound: Uint8Array | undefined): string | undefined {
  return bound === undefined ? undefined : bytesToMapKey(bound)
}

/** The ranges with another one, which is joined with those that it touches. */
function withRange(ranges: readonly KeyRange[], added: KeyRange): readonly KeyRange[] {
  let { from, to } = added
  const apart = ranges.filter((range) => {
    if (compareBytes(range.to, from) < 0 || compareBytes(range.from, to) > 0) return true
    if (compareBytes(range.from, from) < 0) from = range.from
    if (compareBytes(range.to, to) > 0) to = range.to
    return false
  })
  return [...apart, { from, to }].sort((a, b) => compareBytes(a.from, b.from))
}
