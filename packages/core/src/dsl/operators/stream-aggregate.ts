import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'

/** The aggregate of a key that has none. */
export type Initializer<A> = () => A

/** The aggregate after `value`; null deletes the row. */
export type Aggregator<K, V, A> = (key: K, value: V, aggregate: A) => A | null

export interface StreamAggregateParts<K, V, A> {
  readonly init: Initializer<A>
  readonly add: Aggregator<K, V, A>
  readonly store: TableStoreBuilder<K, A>
  readonly sendOldValues: boolean
}

/**
 * Keeps one aggregate a key and forwards each change of it.
 *
 * - A null key or value is dropped and counted.
 * - The timestamp is the larger of the record's and the stored one. The headers are the record's.
 * - The old value of a new row is what the initializer gave, with a cache null (Kafka Streams: `KStreamAggregate`).
 */
export function streamAggregate<K, V, A>(
  parts: StreamAggregateParts<K, V, A>,
): ProcessorSupplier<K, V, K, Change<A>> {
  return () => new StreamAggregate(parts)
}

class StreamAggregate<K, V, A> implements Processor<K, V, K, Change<A>> {
  readonly #parts: StreamAggregateParts<K, V, A>
  #table!: StoredTable<K, A> // set by init, which comes before the first record

  constructor(parts: StreamAggregateParts<K, V, A>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<A>>): void {
    this.#table = new StoredTable(context, this.#parts)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, Change<A>>): Awaitable<void> {
    const { key, value } = record
    if (key === null || value === null) {
      context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    const stored = this.#table.get(key)
    const before = stored === null ? this.#parts.init() : stored.value
    const timestampMs =
      stored === null ? record.timestampMs : Math.max(record.timestampMs, stored.timestampMs)
    const after = this.#parts.add(key, value, before)
    return this.#table.update(new Change(after, before), timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table.flush()
  }
}
