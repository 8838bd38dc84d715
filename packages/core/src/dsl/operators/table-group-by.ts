import { isDeepStrictEqual } from 'node:util'
import { assert } from '../../base/assert.ts'
import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { KeyValue, KeyValueMapper } from './map.ts'

/** The group of a row and what it counts there with; null leaves the row out. */
export type RowMapper<K, V, KR, VR> = KeyValueMapper<K, V, KeyValue<KR, VR> | null>

export interface TableGroupByParts<K, V, KR, VR> {
  readonly mapper: RowMapper<K, V, KR, VR>
  /** True: the table is versioned, and an update that is not the latest changes no group (KIP-914). */
  readonly isVersioned: boolean
}

/**
 * Says of each change what it takes from which group and what it brings to which.
 *
 * With the same group before and after, one record carries both values. Otherwise the old group's
 * record goes first, and a reader can see the state between the two. A half whose group or value is
 * null is left out (Kafka Streams: `KTableRepartitionMap`, KIP-904).
 */
export function tableGroupBy<K, V, KR, VR>(
  parts: TableGroupByParts<K, V, KR, VR>,
): ProcessorSupplier<K, Change<V>, KR, Change<VR>> {
  const { mapper, isVersioned } = parts
  return () => ({
    process(record, context) {
      const { key, value: change } = record
      assert(key !== null, 'a grouped table got a change without a key')
      if (isVersioned && !change.isLatest) return
      const after = change.newValue === null ? null : complete(mapper(key, change.newValue))
      const before = change.oldValue === null ? null : complete(mapper(key, change.oldValue))
      if (before === null) return after === null ? undefined : add(after, record, context)
      if (after === null) return take(before, record, context)
      if (isDeepStrictEqual(before[0], after[0])) {
        const both = new Change(after[1], before[1], change.isLatest)
        return context.forward(record.withKeyValue(before[0], both))
      }
      const pending = take(before, record, context)
      if (isPromiseLike(pending)) return pending.then(() => add(after, record, context))
      return add(after, record, context)
    },
  })
}

/** Null when the group or the value is null. */
function complete<K, V>(pair: KeyValue<K, V> | null): KeyValue<K, V> | null {
  return pair === null || pair[0] === null || pair[1] === null ? null : pair
}

function add<K, V>(
  [key, value]: KeyValue<K, V>,
  record: StreamRecord<unknown, Change<unknown>>,
  context: ProcessorContext<K, Change<V>>,
): Awaitable<void> {
  return context.forward(
    record.withKeyValue(key, new Change<V>(value, null, record.value.isLatest)),
  )
}

function take<K, V>(
  [key, value]: KeyValue<K, V>,
  record: StreamRecord<unknown, Change<unknown>>,
  context: ProcessorContext<K, Change<V>>,
): Awaitable<void> {
  return context.forward(
    record.withKeyValue(key, new Change<V>(null, value, record.value.isLatest)),
  )
}
