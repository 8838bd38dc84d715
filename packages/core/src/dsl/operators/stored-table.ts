import type { Awaitable } from '../../base/awaitable.ts'
import type { ProcessorContext } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import { type CachedStore, cachedStore, type HeldChange } from '../../state/cached-store.ts'
import type { TimestampedKeyValueStore, ValueAndTimestamp } from '../../state/key-value-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import { isVersionedStore, type VersionedKeyValueStore } from '../../state/versioned-store.ts'

/** The store of a table with plain keys: the latest row of each, or their versions. */
export type TableStoreBuilder<K, V> = StoreBuilder<
  TimestampedKeyValueStore<K, V> | VersionedKeyValueStore<K, V>
>

export interface StoredTableParts<K, V> {
  readonly store: TableStoreBuilder<K, V>
  readonly sendOldValues: boolean
}

/**
 * The rows of a table, and the way of their changes downstream (Kafka Streams: `TimestampedTupleForwarder`).
 *
 * Without a cache each update is forwarded at once. With one, a key's updates since the last flush go as one
 * change: from the row that was forwarded last to the row there is, with the timestamp and headers of the
 * row, or of the record that deleted it.
 *
 * A versioned table has no cache. An update that is older than the latest version is forwarded as one that is
 * not the latest; one that is older than the history is dropped and counted, and nothing is forwarded
 * (Kafka Streams: `KeyValueStoreWrapper`, KIP-914).
 */
export class StoredTable<K, V> {
  /** One of the two is there. */
  readonly #store: TimestampedKeyValueStore<K, V> | undefined
  readonly #versions: VersionedKeyValueStore<K, V> | undefined
  readonly #cached: CachedStore<K, ValueAndTimestamp<V>> | undefined
  readonly #sendOldValues: boolean

  constructor(context: ProcessorContext<K, Change<V>>, parts: StoredTableParts<K, V>) {
    const store = context.getStateStore(parts.store)
    if (isVersionedStore(store)) this.#versions = store
    else this.#store = store
    this.#sendOldValues = parts.sendOldValues
    this.#cached = cachedStore(store)
    this.#cached?.onFlush(parts.sendOldValues, (change) => context.forward(heldRecord(change)))
  }

  /** The latest row. */
  get(key: K): ValueAndTimestamp<V> | null {
    if (this.#store !== undefined) return this.#store.get(key)
    const latest = this.#versions?.get(key) ?? null
    return latest === null ? null : valueAndTimestamp(latest.value, latest.timestampMs)
  }

  /**
   * Stores the new value of `change`, and forwards the change, or holds it back.
   *
   * @param change its old value is that of the row just before; a cache finds the right one by itself
   * @param timestampMs of the row
   * @param cause the record that made the change; its headers become the row's
   */
  update(
    change: Change<V>,
    timestampMs: number,
    cause: StreamRecord<K, unknown>,
    context: ProcessorContext<K, Change<V>>,
  ): Awaitable<void> {
    const { key, headers } = cause
    const { newValue: value, oldValue } = change
    let isLatest = true
    if (this.#store !== undefined) {
      const row = value === null ? null : { value, timestampMs, headers }
      if (this.#cached !== undefined) {
        this.#cached.putHeld(key, row, cause)
        return
      }
      this.#store.put(key, row)
    } else {
      const result = this.#versions?.put(key, value, timestampMs)
      if (result === 'not-put') {
        context.recordDropped('expired-version')
        return
      }
      isLatest = result === 'latest'
    }
    const isAsKnown = change.isLatest === isLatest && (this.#sendOldValues || oldValue === null)
    const known = isAsKnown
      ? change
      : new Change(value, this.#sendOldValues ? oldValue : null, isLatest)
    return context.forward(new StreamRecord(key, known, timestampMs, headers))
  }

  /** Forwards what is held back. */
  flush(): Awaitable<void> {
    return this.#cached?.flush()
  }
}

/** What a change that was held back is downstream. */
export function heldRecord<K, V>(
  change: HeldChange<K, ValueAndTimestamp<V>>,
): StreamRecord<K, Change<V>> {
  const { key, newValue, oldValue } = change
  const values = new Change(newValue?.value ?? null, oldValue?.value ?? null)
  const { timestampMs, headers } = newValue ?? change
  return new StreamRecord(key, values, timestampMs, headers)
}
