import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { ValueGetter, ValueGetterSupplier } from '../../processor/value-getter.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { ValueAndTimestamp } from '../../state/key-value-store.ts'
import type { KeyValueMapper } from './map.ts'
import type { ValueJoiner } from './value-joiner.ts'

export interface StreamTableJoinParts<K, V, KT, VT, VR> {
  readonly table: ValueGetterSupplier<KT, VT>
  /** The row's key; undefined: it is the record's, whose type is that of the table's keys then. */
  readonly keyOf: KeyValueMapper<K, V, KT | null> | undefined
  /** In an inner join the row is never null. */
  readonly joiner: ValueJoiner<K, V, VT | null, VR>
  readonly isLeft: boolean
}

/**
 * Joins each record with the row that the table has at that moment, of a versioned table with the one that
 * was valid at the time of the record. Only records give results, which keep their key, timestamp and headers.
 *
 * - A null value is dropped and counted. So is a null key, but by a left join, where it has no row.
 * - Without a row an inner join gives nothing, a left join joins with null.
 * (Kafka Streams: `KStreamKTableJoinProcessor`)
 */
export function streamTableJoin<K, V, KT, VT, VR>(
  parts: StreamTableJoinParts<K, V, KT, VT, VR>,
): ProcessorSupplier<K, V, K, VR> {
  return () => new StreamTableJoin(parts)
}

class StreamTableJoin<K, V, KT, VT, VR> implements Processor<K, V, K, VR> {
  readonly #parts: StreamTableJoinParts<K, V, KT, VT, VR>
  #rows!: ValueGetter<KT, VT> // set by init, which comes before the first record

  constructor(parts: StreamTableJoinParts<K, V, KT, VT, VR>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, VR>): void {
    this.#rows = this.#parts.table.create(context)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, VR>): Awaitable<void> {
    const { key, value } = record
    const { keyOf, isLeft } = this.#parts
    if (value === null) {
      context.recordDropped('null-value')
      return
    }
    const rowKey = keyOf === undefined ? (key as KT | null) : keyOf(key, value)
    if (rowKey === null && !isLeft) {
      context.recordDropped('null-key')
      return
    }
    const joined = joinedRecord(record, rowKey, this.#rows, this.#parts)
    return joined === undefined ? undefined : context.forward(joined)
  }
}

/** The result for a record; undefined: there is none. */
export function joinedRecord<K, V, KT, VT, VR>(
  record: StreamRecord<K, V>,
  rowKey: KT | null,
  rows: ValueGetter<KT, VT>,
  { joiner, isLeft }: Pick<StreamTableJoinParts<K, V, KT, VT, VR>, 'joiner' | 'isLeft'>,
): StreamRecord<K, VR> | undefined {
  const row = rowKey === null ? null : rowAt(rows, rowKey, record.timestampMs)
  if (row === null && !isLeft) return undefined
  return record.withValue(joiner(record.value, row === null ? null : row.value, record.key))
}

function rowAt<KT, VT>(
  rows: ValueGetter<KT, VT>,
  key: KT,
  timestampMs: number,
): ValueAndTimestamp<VT> | null {
  return rows.isVersioned === true ? rows.get(key, timestampMs) : rows.get(key)
}
