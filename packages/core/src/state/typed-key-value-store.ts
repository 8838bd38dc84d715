import type { Awaitable } from '../base/awaitable.ts'
import { bytesToMapKey, mapKeyToBytes, prefixUpperBound } from '../base/bytes.ts'
import { isAsciiText, isTextSerde } from '../serde/exact-values.ts'
import type { Serde } from '../serde/serde.ts'
import { BufferedWrite } from './buffered-write.ts'
import type { CachedStore, HeldChange } from './cached-store.ts'
import type { KeyValueEntry, KeyValueStore } from './key-value-store.ts'
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

export interface TypedKeyValueStoreParts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly codec: ValueCodec<V>
  readonly environment: StoreEnvironment
  /** True: a text that was given as a key may be kept as it is, because it is no part of a longer one. */
  readonly keysAreWhole?: boolean
}

/** Keys and values with their serdes, over the bytes of the transaction buffer. */
export class TypedKeyValueStore<K, V> implements KeyValueStore<K, V>, CachedStore<K, V> {
  readonly name: string
  readonly #key: Serde<K>
  readonly #codec: ValueCodec<V>
  readonly #environment: StoreEnvironment
  readonly #topic: string
  readonly #cache: RecordCache | undefined
  /** The key of the last call: an update reads and writes the same one, and its bytes cost more than either. */
  #lastKey: K | undefined
  #mapKey = ''
  /** Undefined: those of the map key. */
  #keyBytes: Uint8Array | undefined
  /** What the buffer had for it, at this version of the buffer. */
  #current: BufferedWrite | undefined
  #currentVersion = -1
  readonly #textKeys: boolean

  constructor(parts: TypedKeyValueStoreParts<K, V>) {
    this.name = parts.name
    this.#key = parts.key
    this.#codec = parts.codec
    this.#environment = parts.environment
    this.#topic = parts.environment.changelogTopic
    this.#cache = parts.environment.cache
    this.#textKeys = parts.keysAreWhole === true && isTextSerde(parts.key)
  }

  get isCached(): boolean {
    return this.#cache !== undefined
  }

  get(key: K): V | null {
    this.#use(key)
    const current = this.#findCurrent()
    if (current !== undefined) return this.#rowOf(current)
    this.#keyBytes ??= mapKeyToBytes(this.#mapKey)
    const stored = this.#environment.buffer.get(this.#keyBytes, this.#mapKey)
    return stored === null ? null : this.#codec.decode(stored)
  }

  getForwarded(key: K): V | null {
    this.#use(key)
    const current = this.#findCurrent()
    const held = current === undefined ? undefined : this.#cache?.heldOf(current)
    return held === undefined ? this.get(key) : this.#oldRow(held)
  }

  put(key: K, value: V | null): void {
    this.#use(key)
    const before = this.#findCurrent()
    const write = this.#write(before, value, undefined)
    this.#cache?.overwrite(write, before)
  }

  putIfAbsent(key: K, value: V): V | null {
    const before = this.get(key)
    if (before === null) this.put(key, value)
    return before
  }

  delete(key: K): V | null {
    const before = this.get(key)
    this.put(key, null)
    return before
  }

  range(from?: K | null, to?: K | null): IterableIterator<KeyValueEntry<K, V>> {
    return this.#between(from, to, false)
  }

  reverseRange(from?: K | null, to?: K | null): IterableIterator<KeyValueEntry<K, V>> {
    return this.#between(from, to, true)
  }

  all(): IterableIterator<KeyValueEntry<K, V>> {
    return this.#between(null, null, false)
  }

  reverseAll(): IterableIterator<KeyValueEntry<K, V>> {
    return this.#between(null, null, true)
  }

  prefixScan(prefix: Uint8Array): IterableIterator<KeyValueEntry<K, V>> {
    const bounds = { from: prefix, to: prefixUpperBound(prefix), reverse: false }
    return this.#decoded(this.#environment.buffer.range(bounds))
  }

  putHeld(key: K, value: V | null, cause: UpdateCause): void {
    this.#use(key)
    const before = this.#findCurrent()
    const write = this.#write(before, value, cause.timestampMs)
    this.#cache?.hold(write, before, cause)
  }

  onFlush(sendOldValues: boolean, forward: (change: HeldChange<K, V>) => Awaitable<void>): void {
    this.#cache?.onFlush((held) => {
      const change = this.#changeOf(held, sendOldValues)
      return change === undefined ? undefined : forward(change)
    })
  }

  flush(): Awaitable<void> {
    return this.#cache?.flush()
  }

  /** Undefined when there was no row and is none. */
  #changeOf(held: HeldUpdate, sendOldValues: boolean): HeldChange<K, V> | undefined {
    const { write, before, timestampMs, headers } = held
    const newValue = this.#rowOf(write)
    const oldValue = sendOldValues || newValue === null ? this.#oldRow(held) : null
    if (newValue === null && oldValue === null) {
      // Nor does the changelog need a tombstone, unless this transaction has written the row to it.
      if (before === undefined) this.#environment.buffer.forget(write.mapKey)
      return undefined
    }
    return {
      key: this.#keyOf(write),
      newValue,
      oldValue: sendOldValues ? oldValue : null,
      timestampMs,
      headers,
    }
  }

  #oldRow({ write, before }: HeldUpdate): V | null {
    // A row that this transaction has deleted and told so is not the committed one any more.
    if (before !== undefined) return this.#rowOf(before)
    const stored = this.#environment.buffer.committedValue(write.key, write.mapKey)
    return stored === null ? null : this.#codec.decode(stored)
  }

  #keyOf(write: BufferedWrite): K {
    // A text whose bytes are its code units; K is the serde's type, and that is text.
    if (this.#textKeys && isAsciiText(write.mapKey)) return write.mapKey as K
    return this.#key.deserialize(write.key, this.#topic)
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
  ): BufferedWrite {
    const { buffer } = this.#environment
    if (current !== undefined && this.#mayChange(current)) {
      const before = current.valueBytes
      this.#fill(current, row, deletedMs)
      buffer.changed(current, before)
      return current
    }
    const write = new BufferedWrite(this.#mapKey, this.#keyBytes)
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

  /** Only a primitive that is the same is known to have the same bytes: an object may have changed since. */
  #use(key: K): void {
    // Not `===`: 0 and -0 are other bytes in a double.
    if (key !== undefined && Object.is(key, this.#lastKey) && typeof key !== 'object') return
    if (this.#textKeys && typeof key === 'string' && isAsciiText(key)) {
      this.#keyBytes = undefined
      this.#mapKey = key
    } else {
      this.#keyBytes = this.#key.serialize(key, this.#topic)
      this.#mapKey = bytesToMapKey(this.#keyBytes)
    }
    // Last: a key that its serde refuses must be refused again.
    this.#lastKey = key
    this.#currentVersion = -1
  }

  #between(
    from: K | null | undefined,
    to: K | null | undefined,
    reverse: boolean,
  ): IterableIterator<KeyValueEntry<K, V>> {
    const lower = from ?? null
    const upper = to ?? null
    const bounds = {
      from: lower === null ? undefined : this.#key.serialize(lower, this.#topic),
      // `to` is included, the buffer's bound is not: the next key after it is `to` and one zero byte.
      to: upper === null ? undefined : successor(this.#key.serialize(upper, this.#topic)),
      reverse,
    }
    return this.#decoded(this.#environment.buffer.range(bounds))
  }

  *#decoded(
    entries: Iterable<readonly [Uint8Array, Uint8Array]>,
  ): Generator<KeyValueEntry<K, V>, undefined> {
    for (const [key, stored] of entries) {
      yield [this.#key.deserialize(key, this.#topic), this.#codec.decode(stored)]
    }
  }
}

function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}
