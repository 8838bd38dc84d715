import type { Awaitable } from '../base/awaitable.ts'
import { BufferedWrite } from './buffered-write.ts'
import type { HeldChange } from './cached-store.ts'
import type { HeldUpdate, RecordCache, UpdateCause } from './record-cache.ts'
import type { StoreEnvironment } from './store-builder.ts'

/**
 * Rows that hold one primitive, which can be kept in the place of their bytes.
 * They are taken apart and put together, never kept: a row that was given away may be changed.
 */
export interface PrimitiveRows<V> {
  /** True when the primitive, made into bytes and back, is the same. */
  fits(row: V): boolean
  /** To be called when the row {@link fits}. */
  keep(row: V, write: BufferedWrite): void
  /** The row of a write that has a primitive. */
  rowOf(write: BufferedWrite): V
}

/** How values become stored bytes. */
export interface ValueCodec<V> {
  encode(value: V): Uint8Array
  decode(stored: Uint8Array): V
  /** Event time that the changelog record of this write carries. */
  timestampMs(value: V): number
  /** Undefined where values are no primitives. */
  readonly primitives?: PrimitiveRows<V> | undefined
}

/**
 * The rows of one store, over the bytes of its transaction buffer. {@link select} says which row the other
 * methods are about.
 *
 * Why: an operator reads a row and writes the same one, and to find it costs more than either. A primitive
 * stays decoded until the commit. With a cache a write can be held back, see {@link RecordCache}.
 */
export class BufferedRows<V> {
  readonly #codec: ValueCodec<V>
  readonly #environment: StoreEnvironment
  readonly #cache: RecordCache | undefined
  #mapKey = ''
  /** Undefined: those of the map key. */
  #keyBytes: Uint8Array | undefined
  /** What the buffer had for it, at this version of the buffer. */
  #current: BufferedWrite | undefined
  #currentVersion = -1

  constructor(codec: ValueCodec<V>, environment: StoreEnvironment) {
    this.#codec = codec
    this.#environment = environment
    this.#cache = environment.cache
  }

  get isCached(): boolean {
    return this.#cache !== undefined
  }

  /** `keyBytes` may be left out: they are those of `mapKey`. */
  select(mapKey: string, keyBytes?: Uint8Array): void {
    this.#mapKey = mapKey
    this.#keyBytes = keyBytes
    this.#currentVersion = -1
  }

  /** Null when there is no such row. */
  get(): V | null {
    const current = this.#findCurrent()
    if (current !== undefined) return this.#rowOf(current)
    const stored = this.#environment.buffer.getUnwritten(this.#keyBytes, this.#mapKey)
    return stored === null ? null : this.#codec.decode(stored)
  }

  /** The row as it was last forwarded; if nothing of it is held back, as it is. */
  getForwarded(): V | null {
    const current = this.#findCurrent()
    const held = current === undefined ? undefined : this.#cache?.heldOf(current)
    return held === undefined ? this.get() : this.#oldRow(held)
  }

  /** Null deletes. `isFresh`: nothing is committed under this key; see {@link drop}. */
  put(row: V | null, isFresh = false): void {
    const before = this.#findCurrent()
    const write = this.#write(before, row, undefined, isFresh)
    this.#cache?.overwrite(write, before)
  }

  /**
   * Deletes the row without a trace, if this transaction has made it and nobody downstream was told of it;
   * false: it must be deleted otherwise.
   */
  drop(): boolean {
    const current = this.#findCurrent()
    if (current?.isFresh !== true) return false
    if (this.#cache?.release(current) === false) return false
    this.#environment.buffer.forgetWrite(current)
    return true
  }

  /** As {@link put}, by the table: to be forwarded by the next flush. `cause` is the record that made it so. */
  hold(row: V | null, cause: UpdateCause, isFresh = false): void {
    const before = this.#findCurrent()
    const write = this.#write(before, row, cause.timestampMs, isFresh)
    this.#cache?.hold(write, before, cause)
  }

  /** Says who forwards what is held back. `keyOf` gives the key of a row. */
  onFlush<K>(
    sendOldValues: boolean,
    keyOf: (write: BufferedWrite) => K,
    forward: (change: HeldChange<K, V>) => Awaitable<void>,
  ): void {
    this.#cache?.onFlush((held) => {
      const { write, before, timestampMs, headers } = held
      const newValue = this.#rowOf(write)
      const oldValue = sendOldValues || newValue === null ? this.#oldRow(held) : null
      if (newValue === null && oldValue === null) {
        // Nor does the changelog need a tombstone, unless this transaction has written the row to it.
        if (before === undefined) this.#environment.buffer.forget(write.mapKey)
        return undefined
      }
      return forward({
        key: keyOf(write),
        newValue,
        oldValue: sendOldValues ? oldValue : null,
        timestampMs,
        headers,
      })
    })
  }

  flush(): Awaitable<void> {
    return this.#cache?.flush()
  }

  #oldRow({ write, before }: HeldUpdate): V | null {
    // A row that this transaction has deleted and told so is not the committed one any more.
    if (before !== undefined) return this.#rowOf(before)
    const stored = this.#environment.buffer.committedValue(write.key, write.mapKey)
    return stored === null ? null : this.#codec.decode(stored)
  }

  #findCurrent(): BufferedWrite | undefined {
    const { buffer } = this.#environment
    if (this.#currentVersion !== buffer.version) {
      this.#current = buffer.dirtyEntry(this.#mapKey)
      this.#currentVersion = buffer.version
    }
    return this.#current
  }

  #rowOf(write: BufferedWrite): V | null {
    if (write.isDelete) return null
    const { primitives } = this.#codec
    if (primitives !== undefined && write.primitive !== undefined) return primitives.rowOf(write)
    const stored = write.value
    return stored === null ? null : this.#codec.decode(stored)
  }

  /** `deletedMs`: the time of a delete; the record's when it is not given. */
  #write(
    current: BufferedWrite | undefined,
    row: V | null,
    deletedMs: number | undefined,
    isFresh: boolean,
  ): BufferedWrite {
    const { buffer } = this.#environment
    if (current !== undefined && this.#mayChange(current)) {
      const before = current.valueBytes
      this.#fill(current, row, deletedMs)
      buffer.changed(current, before)
      return current
    }
    const write = new BufferedWrite(this.#mapKey, this.#keyBytes)
    write.isFresh = current === undefined ? isFresh : current.isFresh
    this.#fill(write, row, deletedMs)
    buffer.replace(current, write)
    this.#current = write
    this.#currentVersion = buffer.version
    return write
  }

  #mayChange(write: BufferedWrite): boolean {
    if (!this.#environment.buffer.areWritesPrivate) return false
    return this.#cache === undefined || this.#cache.mayChange(write)
  }

  #fill(write: BufferedWrite, row: V | null, deletedMs: number | undefined): void {
    const { primitives } = this.#codec
    if (row === null) {
      write.setBytes(null, deletedMs ?? this.#environment.currentTimestampMs())
    } else if (primitives?.fits(row) === true) primitives.keep(row, write)
    else write.setBytes(this.#codec.encode(row), this.#codec.timestampMs(row))
  }
}
