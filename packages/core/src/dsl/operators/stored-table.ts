import type { Awaitable } from '../../base/awaitable.ts'
import type { ProcessorContext } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import { type CachedStore, cachedStore, type HeldChange } from '../../state/cached-store.ts'
import type { TimestampedKeyValueStore, ValueAndTimestamp } from '../../state/key-value-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'

export interface StoredTableParts<K, V> {
  readonly store: StoreBuilder<TimestampedKeyValueStore<K, V>>
  readonly sendOldValues: boolean
}

/**
 * The rows of a table, and the way of their changes downstream (Kafka Streams: `TimestampedTupleForwarder`).
 *
 * Without a cache each update is forwarded at once. With one, a key's updates since the last flush go as one
 * change: from the row that was forwarded last to the row there is, with the timestamp and headers of the
 * row, or of the record that deleted it.
 */
export class StoredTable<K, V> {
  readonly #store: TimestampedKeyValueStore<K, V>
  readonly #cached: CachedStore<K, ValueAndTimestamp<V>> | undefined
  readonly #sendOldValues: boolean

  constructor(context: ProcessorContext<K, Change<V>>, parts: StoredTableParts<K, V>) {
    this.#store = context.getStateStore(parts.store)
    this.#sendOldValues = parts.sendOldValues
    this.#cached = cachedStore(this.#store)
    this.#cached?.onFlush(parts.sendOldValues, (change) => context.forward(recordOf(change)))
  }

  get(key: K): ValueAndTimestamp<V> | null {
    return this.#store.get(key)
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
    const value = change.newValue
    const row = value === null ? null : { value, timestampMs, headers }
    if (this.#cached !== undefined) {
      this.#cached.putHeld(key, row, cause)
      return
    }
    this.#store.put(key, row)
    const known =
      this.#sendOldValues || change.oldValue === null
        ? change
        : new Change(value, null, change.isLatest)
    return context.forward(new StreamRecord(key, known, timestampMs, headers))
  }

  /** Forwards what is held back. */
  flush(): Awaitable<void> {
    return this.#cached?.flush()
  }
}

function recordOf<K, V>(change: HeldChange<K, ValueAndTimestamp<V>>): StreamRecord<K, Change<V>> {
  const { key, newValue, oldValue } = change
  const values = new Change(newValue?.value ?? null, oldValue?.value ?? null)
  const { timestampMs, headers } = newValue ?? change
  return new StreamRecord(key, values, timestampMs, headers)
}
