import type { Awaitable } from '../base/awaitable.ts'
import { bytesToMapKey, prefixUpperBound } from '../base/bytes.ts'
import type { Serde } from '../serde/serde.ts'
import type { CachedStore, HeldChange, UpdateCause } from './cached-store.ts'
import type { KeyValueEntry, KeyValueStore } from './key-value-store.ts'
import type { HeldUpdate, RecordCache } from './record-cache.ts'
import type { StoreEnvironment } from './store-builder.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

const NO_BYTES = new Uint8Array(0)

/** How values become stored bytes. */
export interface ValueCodec<V> {
  encode(value: V): Uint8Array
  decode(stored: Uint8Array): V
  /** Event time that the changelog record of this write carries. */
  timestampMs(value: V): number
}

export interface TypedKeyValueStoreParts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly codec: ValueCodec<V>
  readonly environment: StoreEnvironment
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
  #keyBytes: Uint8Array = NO_BYTES
  #mapKey = ''

  constructor(parts: TypedKeyValueStoreParts<K, V>) {
    this.name = parts.name
    this.#key = parts.key
    this.#codec = parts.codec
    this.#environment = parts.environment
    this.#topic = parts.environment.changelogTopic
    this.#cache = parts.environment.cache
  }

  get isCached(): boolean {
    return this.#cache !== undefined
  }

  get(key: K): V | null {
    this.#use(key)
    const stored = this.#environment.buffer.get(this.#keyBytes, this.#mapKey)
    return stored === null ? null : this.#codec.decode(stored)
  }

  put(key: K, value: V | null): void {
    this.#use(key)
    const stored = value === null ? null : this.#codec.encode(value)
    const timestampMs =
      value === null ? this.#environment.currentTimestampMs() : this.#codec.timestampMs(value)
    this.#environment.buffer.put(this.#keyBytes, stored, timestampMs, this.#mapKey)
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

  putHeld(key: K, value: V | null, { timestampMs, headers }: UpdateCause): void {
    this.#use(key)
    const { buffer } = this.#environment
    const keyBytes = this.#keyBytes
    const mapKey = this.#mapKey
    const before = buffer.dirtyEntry(mapKey)
    const stored = value === null ? null : this.#codec.encode(value)
    const writtenMs = value === null ? timestampMs : this.#codec.timestampMs(value)
    buffer.put(keyBytes, stored, writtenMs, mapKey)
    const valueBytes = stored?.length ?? 0
    this.#cache?.hold({ keyBytes, mapKey, before, valueBytes, timestampMs, headers })
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
    const { buffer } = this.#environment
    const { keyBytes, mapKey, before, timestampMs, headers } = held
    const after = buffer.get(keyBytes, mapKey)
    const isOldNeeded = sendOldValues || after === null
    const old = isOldNeeded ? (before?.value ?? committedBefore(buffer, held)) : null
    if (after === null && old === null) {
      // Nor does the changelog need a tombstone, unless this transaction has written the row to it.
      if (before === undefined) buffer.forget(mapKey)
      return undefined
    }
    return {
      key: this.#key.deserialize(keyBytes, this.#topic),
      newValue: after === null ? null : this.#codec.decode(after),
      oldValue: sendOldValues && old !== null ? this.#codec.decode(old) : null,
      timestampMs,
      headers,
    }
  }

  /** Only a primitive that is the same is known to have the same bytes: an object may have changed since. */
  #use(key: K): void {
    // Not `===`: 0 and -0 are other bytes in a double.
    if (key !== undefined && Object.is(key, this.#lastKey) && typeof key !== 'object') return
    this.#keyBytes = this.#key.serialize(key, this.#topic)
    this.#mapKey = bytesToMapKey(this.#keyBytes)
    this.#lastKey = key
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

function committedBefore(buffer: TransactionBuffer, held: HeldUpdate): Uint8Array | null {
  // A row that this transaction has deleted and told so is not the committed one any more.
  return held.before === undefined ? buffer.committedValue(held.keyBytes, held.mapKey) : null
}

function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}
