import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type {
  ProcessingContext,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../../processor/processor.ts'
import type { ValueGetterSupplier } from '../../processor/value-getter.ts'
import { Change } from '../../record/change.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { KeyValueStore, ValueAndTimestamp } from '../../state/key-value-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import { type Expiry, ExpiryIndex, type ExpiryStore } from './expiry-index.ts'
import { StoredTable, type TableStoreBuilder } from './stored-table.ts'

/** Which time counts: that of the records, or the clock's when they are processed. */
export type TtlTime = 'event-time' | 'wall-clock'

export interface TtlSpan {
  /** How long a row lives without an update. */
  readonly ttlMs: number
  /** How often rows are looked for that are over; by event time at its multiples. */
  readonly checkIntervalMs: number
}

export interface TableTtlParts<K, V> extends TtlSpan {
  readonly store: TableStoreBuilder<K, V>
  readonly expiries: StoreBuilder<ExpiryStore<K>>
  /** By wall clock: when each row was last updated. Undefined by event time: that is its timestamp. */
  readonly updates: StoreBuilder<KeyValueStore<K, number>> | undefined
  readonly sendOldValues: boolean
  /** True: the table above is versioned, and an update that is not the latest is dropped. */
  readonly isVersioned: boolean
}

/**
 * Keeps the rows of a table for as long as they are updated: one that is not for the time to live is deleted, with
 * a tombstone downstream and in the changelog.
 *
 * By event time a row is over when stream time, cut down to a multiple of the check interval, is the time to live
 * beyond the largest timestamp of its updates. That depends on nothing but the records so far, so the same
 * rows are deleted between the same records after an abort or a restart. Rows that are over go before the next
 * update of any row, or after the record of another input that moved stream time. An update that is over
 * already is dropped and counted as late.
 *
 * By wall clock a row is over when the clock, at a punctuation, is the time to live beyond its last update. What was
 * aborted is updated anew when it is processed again.
 *
 * The timestamp of a row is the largest of its updates. A tombstone has the time at which the row was over, by wall
 * clock stream time. A change from no row to no row is left out.
 */
export function tableTtl<K, V>(
  parts: TableTtlParts<K, V>,
): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return () => (parts.updates === undefined ? new EventTimeTtl(parts) : new WallClockTtl(parts))
}

/**
 * The rows without those that are over by event time and not deleted yet: a lookup may come with the record that
 * moved stream time. Who is told of the deletion sees the row until then.
 */
export function liveRows<K, V>(
  rows: ValueGetterSupplier<K, V>,
  span: TtlSpan,
): ValueGetterSupplier<K, V> {
  return {
    storeNames: rows.storeNames,
    create(context, seen) {
      const getter = rows.create(context, seen)
      if (seen === 'forwarded') return getter
      return {
        isVersioned: getter.isVersioned ?? false,
        get(key, asOfMs) {
          const row = getter.get(key, asOfMs)
          if (row === null || asOfMs !== undefined) return row
          return row.timestampMs <= lastOver(context, span) ? null : row
        },
      }
    },
  }
}

/** Rows that were last updated at this event time or before are over; negative: none is. */
function lastOver(
  { currentStreamTimeMs }: ProcessingContext,
  { ttlMs, checkIntervalMs }: TtlSpan,
): number {
  return currentStreamTimeMs - (currentStreamTimeMs % checkIntervalMs) - ttlMs
}

/** True for a change that has no place in the table; it is dropped and counted. */
function isOutdated<K, V>(
  { key, value: change }: StreamRecord<K, Change<V>>,
  { isVersioned }: TableTtlParts<K, V>,
  context: ProcessorContext<K, Change<V>>,
): boolean {
  if (key === null) context.recordDropped('null-key')
  else if (isVersioned && !change.isLatest) context.recordDropped('out-of-order-version')
  else return false
  return true
}

function updateRow<K, V>(
  table: StoredTable<K, V>,
  row: ValueAndTimestamp<V> | null,
  record: StreamRecord<K, Change<V>>,
  context: ProcessorContext<K, Change<V>>,
): Awaitable<void> {
  const { newValue } = record.value
  if (row === null) {
    return table.update(new Change(newValue, null), record.timestampMs, record, context)
  }
  const timestampMs = Math.max(record.timestampMs, row.timestampMs)
  return table.update(new Change(newValue, row.value), timestampMs, record, context)
}

/** The rows and what says when they are over. */
class ExpiringRows<K, V> {
  readonly table: StoredTable<K, V>
  readonly index: ExpiryIndex<K>
  readonly updates: KeyValueStore<K, number> | undefined
  readonly #context: ProcessorContext<K, Change<V>>
  readonly #tombstoneMs: (rowMs: number) => number

  /** @param tombstoneMs the timestamp of the tombstone of a row with this one */
  constructor(
    context: ProcessorContext<K, Change<V>>,
    parts: TableTtlParts<K, V>,
    tombstoneMs: (rowMs: number) => number,
  ) {
    const updates = parts.updates && context.getStateStore(parts.updates)
    const table = new StoredTable<K, V>(context, parts)
    const updatedMs = (key: K): number | undefined =>
      updates === undefined ? table.get(key)?.timestampMs : (updates.get(key) ?? undefined)
    this.#context = context
    this.#tombstoneMs = tombstoneMs
    this.table = table
    this.updates = updates
    this.index = new ExpiryIndex(context.getStateStore(parts.expiries), updatedMs)
  }

  /** Deletes the rows that were last updated at `dueMs` or before, the oldest first. */
  sweep(dueMs: number): Awaitable<void> {
    if (dueMs < 0 || !this.index.correct(dueMs)) return
    return this.#deleteUntil(dueMs, this.index.entries())
  }

  /** One after the other: where the downstream is asynchronous, the next waits for it. */
  #deleteUntil(
    dueMs: number,
    entries: Iterator<readonly [Expiry<K>, Uint8Array]>,
  ): Awaitable<void> {
    for (let next = entries.next(); next.done !== true; next = entries.next()) {
      const [expiry] = next.value
      if (expiry.timeMs > dueMs) {
        entries.return?.()
        return
      }
      const pending = this.#delete(expiry)
      if (isPromiseLike(pending)) return pending.then(() => this.#deleteUntil(dueMs, entries))
    }
  }

  #delete(expiry: Expiry<K>): Awaitable<void> {
    const { key } = expiry
    this.index.remove(expiry)
    this.updates?.put(key, null)
    const row = this.table.get(key)
    if (row === null) return
    const tombstoneMs = this.#tombstoneMs(row.timestampMs)
    const cause = new StreamRecord(key, null, tombstoneMs)
    const change = new Change<V>(null, row.value)
    return this.table.update(change, tombstoneMs, cause, this.#context)
  }
}

class EventTimeTtl<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #parts: TableTtlParts<K, V>
  #rows!: ExpiringRows<K, V> // set by init, which comes before the first record
  /**
   * Up to when rows were looked for. Lost when the processor is made anew or a record is dropped, and then what is over
   * is looked for once more.
   */
  #sweptMs = -1

  constructor(parts: TableTtlParts<K, V>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    const { ttlMs, checkIntervalMs } = this.#parts
    this.#rows = new ExpiringRows(context, this.#parts, (rowMs) => rowMs + ttlMs)
    context.schedule(checkIntervalMs, 'stream-time', () =>
      this.#sweep(lastOver(context, this.#parts)),
    )
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<V>>,
  ): Awaitable<void> {
    if (isOutdated(record, this.#parts, context)) return
    const overMs = lastOver(context, this.#parts)
    const row = this.#rows.table.get(record.key)
    const isOver = row !== null && row.timestampMs <= overMs
    if (overMs > this.#sweptMs || isOver) {
      const pending = this.#sweep(overMs)
      if (isPromiseLike(pending)) return pending.then(() => this.#update(record, context))
    }
    return this.#update(record, context)
  }

  flush(): Awaitable<void> {
    return this.#rows.table.flush()
  }

  #sweep(overMs: number): Awaitable<void> {
    const pending = this.#rows.sweep(overMs)
    this.#sweptMs = overMs
    return pending
  }

  #update(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<V>>,
  ): Awaitable<void> {
    const { key, value: change, timestampMs } = record
    const { table, index } = this.#rows
    const row = table.get(key)
    if (row === null) {
      if (change.newValue === null) return
      if (timestampMs <= lastOver(context, this.#parts)) {
        context.recordDropped('late')
        return
      }
      index.add(key, timestampMs)
    }
    return updateRow(this.#rows.table, row, record, context)
  }
}

class WallClockTtl<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #parts: TableTtlParts<K, V>
  #rows!: ExpiringRows<K, V> // set by init, which comes before the first record

  constructor(parts: TableTtlParts<K, V>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    const { ttlMs, checkIntervalMs } = this.#parts
    this.#rows = new ExpiringRows(context, this.#parts, (rowMs) =>
      Math.max(rowMs, context.currentStreamTimeMs),
    )
    context.schedule(checkIntervalMs, 'wall-clock-time', (nowMs) => this.#rows.sweep(nowMs - ttlMs))
  }

  process(
    record: StreamRecord<K, Change<V>>,
    context: ProcessorContext<K, Change<V>>,
  ): Awaitable<void> {
    if (isOutdated(record, this.#parts, context)) return
    const { key, value: change } = record
    const { table, index, updates } = this.#rows
    const row = table.get(key)
    if (row === null && change.newValue === null) return
    const nowMs = context.currentSystemTimeMs
    if (row === null) index.add(key, nowMs)
    updates?.put(key, change.newValue === null ? null : nowMs)
    return updateRow(table, row, record, context)
  }

  flush(): Awaitable<void> {
    return this.#rows.table.flush()
  }
}
