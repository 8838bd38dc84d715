import type { Awaitable } from '../base/awaitable.ts'
import { prefixUpperBound } from '../base/bytes.ts'
import type { Serde } from '../serde/serde.ts'
import { BufferedRows, type ValueCodec } from './buffered-rows.ts'
import type { CachedStore, HeldChange } from './cached-store.ts'
import type { KeyValueEntry, KeyValueStore } from './key-value-store.ts'
import { MapKeys } from './map-keys.ts'
import type { UpdateCause } from './record-cache.ts'
import type { StoreEnvironment } from './store-builder.ts'

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
  readonly #codec: ValueCodec<V>
  readonly #environment: StoreEnvironment
  readonly #keys: MapKeys<K>
  readonly #rows: BufferedRows<V>

  constructor({
    name,
    key,
    codec,
    environment,
    keysAreWhole = false,
  }: TypedKeyValueStoreParts<K, V>) {
    this.name = name
    this.#codec = codec
    this.#environment = environment
    this.#keys = new MapKeys(key, environment.changelogTopic, keysAreWhole)
    this.#rows = new BufferedRows(codec, environment)
  }

  get isCached(): boolean {
    return this.#rows.isCached
  }

  get(key: K): V | null {
    this.#use(key)
    return this.#rows.get()
  }

  getForwarded(key: K): V | null {
    this.#use(key)
    return this.#rows.getForwarded()
  }

  put(key: K, value: V | null): void {
    this.#use(key)
    this.#rows.put(value)
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
    this.#rows.hold(value, cause)
  }

  onFlush(sendOldValues: boolean, forward: (change: HeldChange<K, V>) => Awaitable<void>): void {
    const keys = this.#keys
    this.#rows.onFlush(
      sendOldValues,
      (write) => keys.keyOfText(write.mapKey) ?? keys.keyOfBytes(write.key),
      forward,
    )
  }

  flush(): Awaitable<void> {
    return this.#rows.flush()
  }

  #use(key: K): void {
    if (this.#keys.use(key)) this.#rows.select(this.#keys.mapKey, this.#keys.bytes)
  }

  #between(
    from: K | null | undefined,
    to: K | null | undefined,
    reverse: boolean,
  ): IterableIterator<KeyValueEntry<K, V>> {
    const lower = from ?? null
    const upper = to ?? null
    const bounds = {
      from: lower === null ? undefined : this.#keys.bytesOf(lower),
      // `to` is included, the buffer's bound is not: the next key after it is `to` and one zero byte.
      to: upper === null ? undefined : successor(this.#keys.bytesOf(upper)),
      reverse,
    }
    return this.#decoded(this.#environment.buffer.range(bounds))
  }

  *#decoded(
    entries: Iterable<readonly [Uint8Array, Uint8Array]>,
  ): Generator<KeyValueEntry<K, V>, undefined> {
    for (const [key, stored] of entries) {
      yield [this.#keys.keyOfBytes(key), this.#codec.decode(stored)]
    }
  }
}

function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}
