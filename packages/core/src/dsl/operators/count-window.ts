import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { KeyAndId } from '../../serde/key-and-id-serde.ts'
import type {
  KeyValueStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from '../../state/key-value-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'

export interface CountWindowParts<K, V, A> {
  /** Records in a window. */
  readonly size: number
  /** Records from the begin of one window to that of the next. */
  readonly advance: number
  /** The aggregate of a whole window: at least one value, the oldest first. */
  readonly aggregate: (values: readonly V[], key: K) => A
  /** How many records of a key there were. */
  readonly counts: StoreBuilder<KeyValueStore<K, number>>
  /** The last `size` records of a key, in slots that are used in turn. */
  readonly values: StoreBuilder<TimestampedKeyValueStore<KeyAndId<K>, V>>
}

/**
 * Forwards an aggregate of the last `size` records of a key when there are as many, and then after each `advance`
 * records of it, in the order in which they come.
 *
 * - The timestamp is the largest of the window's records; the headers are those of the record that made it full.
 * - A null key or value is dropped and counted.
 * - A window that does not become full gives nothing; its records stay in the store.
 */
export function countWindow<K, V, A>(
  parts: CountWindowParts<K, V, A>,
): ProcessorSupplier<K, V, K, A> {
  return () => new CountWindow(parts)
}

class CountWindow<K, V, A> implements Processor<K, V, K, A> {
  readonly #parts: CountWindowParts<K, V, A>
  // Set by init, which comes before the first record.
  #counts!: KeyValueStore<K, number>
  #values!: TimestampedKeyValueStore<KeyAndId<K>, V>

  constructor(parts: CountWindowParts<K, V, A>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, A>): void {
    this.#counts = context.getStateStore(this.#parts.counts)
    this.#values = context.getStateStore(this.#parts.values)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, A>): Awaitable<void> {
    const { key, value } = record
    if (key === null || value === null) {
      context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    const { size, advance } = this.#parts
    const before = this.#counts.get(key) ?? 0
    const count = before + 1
    this.#counts.put(key, count)
    // Of the last one in the slot no window has a use any more.
    this.#values.put(slotOf(key, before % size), record)
    if (count < size || (count - size) % advance !== 0) return
    return context.forward(this.#result(record, count))
  }

  /** Of the window that has just become full. */
  #result({ key, headers }: StreamRecord<K, V>, count: number): StreamRecord<K, A> {
    const { size, aggregate } = this.#parts
    const values: V[] = []
    let timestampMs = 0
    for (let i = count - size; i < count; i++) {
      const row: ValueAndTimestamp<V> | null = this.#values.get(slotOf(key, i % size))
      // Every slot has been written by now.
      if (row === null) continue
      values.push(row.value)
      timestampMs = Math.max(timestampMs, row.timestampMs)
    }
    return new StreamRecord(key, aggregate(values, key), timestampMs, headers)
  }
}

function slotOf<K>(key: K, slot: number): KeyAndId<K> {
  return [key, String(slot)]
}
