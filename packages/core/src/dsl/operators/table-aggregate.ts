import { assert } from '../../base/assert.ts'
import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'
import type { Aggregator, Initializer } from './stream-aggregate.ts'

export interface TableAggregateParts<K, V, A> {
  readonly init: Initializer<A>
  /** The aggregate with a row more. */
  readonly adder: Aggregator<K, V, A>
  /** The aggregate with a row less. */
  readonly subtractor: Aggregator<K, V, A>
  readonly store: TableStoreBuilder<K, A>
  readonly sendOldValues: boolean
}

/**
 * Keeps one aggregate a group of rows: what left the group is taken out first, then what came is
 * added. Without an aggregate there is nothing to take out of. A null result deletes the row.
 *
 * The timestamp is the larger of the record's and the stored one; the headers are the record's. A
 * null key is an error, because grouping lets none through (Kafka Streams: `KTableAggregate`).
 */
export function tableAggregate<K, V, A>(
  parts: TableAggregateParts<K, V, A>,
): ProcessorSupplier<K, Change<V>, K, Change<A>> {
  return () => new TableAggregate(parts)
}

class TableAggregate<K, V, A> implements Processor<K, Change<V>, K, Change<A>> {
  readonly #parts: TableAggregateParts<K, V, A>
  #table!: StoredTable<K, A> // set by init, which comes before the first record

  constructor(parts: TableAggregateParts<K, V, A>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<A>>): void {
    this.#table = new StoredTable(context, this.#parts)
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<A>>,
  ): Awaitable<void> {
    const { key, value: change } = record
    assert(key !== null, 'a table aggregation got a change without a key')
    const stored = this.#table.get(key)
    const before = stored === null ? null : stored.value
    const after = this.#added(key, change, this.#taken(key, change, before))
    const timestampMs =
      stored === null ? record.timestampMs : Math.max(record.timestampMs, stored.timestampMs)
    return this.#table.update(new Change(after, before), timestampMs, record, context)
  }

  flush(): Awaitable<void> {
    return this.#table.flush()
  }

  #taken(key: K, { oldValue }: Change<V>, aggregate: A | null): A | null {
    if (oldValue === null || aggregate === null) return aggregate
    return this.#parts.subtractor(key, oldValue, aggregate)
  }

  #added(key: K, { newValue }: Change<V>, aggregate: A | null): A | null {
    if (newValue === null) return aggregate
    return this.#parts.adder(key, newValue, aggregate ?? this.#parts.init())
  }
}
