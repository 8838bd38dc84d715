import { asBuffer } from '../../base/bytes.ts'
import { readTimestamp, writeTimestamp } from '../../base/timestamp-bytes.ts'
import type { Serde } from '../../serde/serde.ts'
import { serdes } from '../../serde/serdes.ts'
import type { KeyValueStore } from '../../state/key-value-store.ts'
import type { StoreBuilder, StoreOptions } from '../../state/store-builder.ts'
import { stores } from '../../state/stores.ts'

/** A row, and a time at which it was updated. */
export interface Expiry<K> {
  readonly timeMs: number
  readonly key: K
}

/** Which rows have to be looked at when a time is over, in the order of that time. */
export type ExpiryStore<K> = KeyValueStore<Expiry<K>, Uint8Array>

const TIMESTAMP_BYTES = 8
const NOTHING = new Uint8Array()

/** Keys are time(8) + key, values are empty. */
export function expiryStore<K>(
  name: string,
  key: Serde<K>,
  options: StoreOptions,
): StoreBuilder<ExpiryStore<K>> {
  return stores.keyValue(name, { ...options, key: expirySerde(key), value: serdes.bytes })
}

function expirySerde<K>(inner: Serde<K>): Serde<Expiry<K>> {
  return {
    serialize({ timeMs, key }, topic) {
      const keyBytes = inner.serialize(key, topic)
      const bytes = Buffer.allocUnsafe(TIMESTAMP_BYTES + keyBytes.length)
      writeTimestamp(bytes, timeMs, 0)
      bytes.set(keyBytes, TIMESTAMP_BYTES)
      return bytes
    },
    deserialize(bytes, topic) {
      const timeMs = readTimestamp(asBuffer(bytes), 0)
      return { timeMs, key: inner.deserialize(bytes.subarray(TIMESTAMP_BYTES), topic) }
    },
  }
}

/**
 * The rows of a table by the time of an update.
 *
 * Semantics: a row gets an entry when it comes into being, and its later updates write none. So the entry of a
 * row tells a time that it was updated at, not the last one; the row tells that. {@link correct} brings the
 * entries that are looked at up to date: a row has one for each lifetime of about the time to live, not one
 * for each update. A row that is gone leaves its entry behind until then.
 */
export class ExpiryIndex<K> {
  readonly #store: ExpiryStore<K>
  /** When the row was last updated; undefined when there is none. */
  readonly #updatedMs: (key: K) => number | undefined

  constructor(store: ExpiryStore<K>, updatedMs: (key: K) => number | undefined) {
    this.#store = store
    this.#updatedMs = updatedMs
  }

  add(key: K, timeMs: number): void {
    this.#store.put({ timeMs, key }, NOTHING)
  }

  remove(expiry: Expiry<K>): void {
    this.#store.put(expiry, null)
  }

  /** True when rows were last updated at `dueMs` or before. The entries up to there are those of their rows then. */
  correct(dueMs: number): boolean {
    let isAnyDue = false
    for (const [expiry] of this.#store.all()) {
      if (expiry.timeMs > dueMs) break
      const updatedMs = this.#updatedMs(expiry.key)
      if (updatedMs !== expiry.timeMs) this.remove(expiry)
      if (updatedMs === undefined) continue
      if (updatedMs !== expiry.timeMs) this.add(expiry.key, updatedMs)
      if (updatedMs <= dueMs) isAnyDue = true
    }
    return isAnyDue
  }

  /** All entries, the oldest first; as they are now, whatever is added or removed meanwhile. */
  entries(): Iterator<readonly [Expiry<K>, Uint8Array]> {
    return this.#store.all()
  }
}
