import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { TimestampedKeyValueStore } from '../../state/key-value-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'

export interface TableSourceParts<K, V> {
  /** Undefined: the table is not stored, and every record is a change without an old value. */
  readonly store: StoreBuilder<TimestampedKeyValueStore<K, V>> | undefined
  readonly sendOldValues: boolean
}

/**
 * Turns records into changes of a table: each is an upsert, a null value deletes.
 *
 * A null key is dropped and counted. A record older than the row is applied all the same, and an
 * equal value is forwarded again (Kafka Streams: `KTableSource`).
 */
export function tableSource<K, V>({
  store,
  sendOldValues,
}: TableSourceParts<K, V>): ProcessorSupplier<K, V, K, Change<V>> {
  return store === undefined
    ? () => ({ process: forwardChange })
    : () => new StoredTableSource(store, sendOldValues)
}

function forwardChange<K, V>(
  record: StreamRecord<K, V>,
  context: ProcessorContext<K, Change<V>>,
): Awaitable<void> {
  if (record.key === null) {
    context.recordDropped('null-key')
    return
  }
  return context.forward(record.withValue(new Change<V>(record.value, null)))
}

class StoredTableSource<K, V> implements Processor<K, V, K, Change<V>> {
  readonly #builder: StoreBuilder<TimestampedKeyValueStore<K, V>>
  readonly #sendOldValues: boolean
  #store!: TimestampedKeyValueStore<K, V> // set by init, which comes before the first record

  constructor(builder: StoreBuilder<TimestampedKeyValueStore<K, V>>, sendOldValues: boolean) {
    this.#builder = builder
    this.#sendOldValues = sendOldValues
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#store = context.getStateStore(this.#builder)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, Change<V>>): Awaitable<void> {
    const { key, value, timestampMs, headers } = record
    if (key === null) {
      context.recordDropped('null-key')
      return
    }
    const before = this.#sendOldValues ? (this.#store.get(key)?.value ?? null) : null
    this.#store.put(key, value === null ? null : valueAndTimestamp(value, timestampMs, headers))
    return context.forward(record.withValue(new Change(value, before)))
  }
}
