import { assert } from '../base/assert.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import type { DroppedRecord } from '../processor/dropped-record.ts'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { OperatorStore, ProcessorPlan, TableFacet } from '../topology/plan-node.ts'
import type { Dsl, TableState } from './dsl.ts'
import { tellDropped } from './dropped-stream.ts'
import type { KStream } from './kstream.ts'
import type { KTable } from './ktable.ts'
import { expiryStore } from './operators/expiry-index.ts'
import { liveRows, tableTtl, type TtlTime } from './operators/table-ttl.ts'
import { tableStore, type TableStoreOptions } from './store-options.ts'

/** Options of `KTable.ttl`. */
export interface TableTtlOptions<K, V> extends TableStoreOptions<K, V> {
  /**
   * Which time counts: that of the records, or the clock's. By event time the result depends on the records
   * alone, and nothing is deleted while no record of the task comes, unless its sources have a `watermark`.
   */
  readonly by: TtlTime
  /**
   * How often rows are looked for that are over: how much longer than the time to live a row may stay.
   * @defaultValue a hundredth of the time to live, at least 100 ms and at most a minute
   */
  readonly checkInterval?: Duration
  /**
   * Gets the stream of the updates that are dropped, as `dropped` of other operators does. A method, so that a table of
   * some rows can stand where one of a wider type is asked for.
   */
  dropped?(records: KStream<K | null, DroppedRecord<V>>): void
}

const PREFIX = 'KTABLE-TTL-'
const MIN_CHECK_INTERVAL_MS = 100
const MAX_CHECK_INTERVAL_MS = 60_000

/** `KTable.ttl`, which Kafka Streams does not have. Uses up a number for the store, and one for the operator. */
export function tableWithTtl<K, V>(
  dsl: Dsl,
  state: TableState<K, V>,
  ttl: Duration,
  options: TableTtlOptions<K, V>,
): KTable<K, V> {
  const { plan } = dsl
  const { key = state.key, value = state.value } = options
  const span = spanOf(ttl, options.checkInterval)
  const storeName = options.store ?? plan.newStoreName(PREFIX)
  const name = plan.nameOr(options.name, PREFIX)
  const store = tableStore(storeName, { key, value }, options)
  const keySerde = key ?? missingSerde
  const kept = options.logging === undefined ? {} : { logging: options.logging }
  const expiries = expiryStore<K>(`${storeName}-expiry`, keySerde, kept)
  const updates =
    options.by === 'event-time'
      ? undefined
      : stores.keyValue<K, number>(`${storeName}-updates`, {
          ...kept,
          key: keySerde,
          value: serdes.long,
        })
  const keeps = [expiries, updates]
    .filter((builder) => builder !== undefined)
    .map((builder): OperatorStore => ({ builder, keySerde, valueSerde: serdes.bytes }))
  const rows = options.by === 'event-time' ? liveRows(store.rows, span) : store.rows
  const node = plan.append<ProcessorPlan & { readonly table: TableFacet }>({
    kind: 'processor',
    name,
    parents: [state.node],
    operator: (settings) =>
      tableTtl<K, V>({
        ...span,
        store: store.builder,
        expiries,
        updates,
        sendOldValues: settings.sendsOldValues,
        isVersioned: settings.isVersioned(state.node),
      }),
    stores: [],
    keeps,
    uses: [],
    table: { kind: 'aggregate', store: { ...store, rows } },
    changes: 'nothing',
  })
  const { sources } = state
  tellDropped(dsl, options, { node, key, sources })
  return dsl.table({ node, key, value, sources, queryableStoreName: options.store })
}

function spanOf(
  ttl: Duration,
  checkInterval: Duration | undefined,
): { readonly ttlMs: number; readonly checkIntervalMs: number } {
  const ttlMs = durationToMs(ttl)
  assert(ttlMs > 0, 'ttl: a row must live longer than 0 ms')
  if (checkInterval !== undefined) {
    const checkIntervalMs = durationToMs(checkInterval)
    assert(checkIntervalMs > 0, 'ttl: the check interval must be longer than 0 ms')
    return { ttlMs, checkIntervalMs }
  }
  const hundredth = Math.ceil(ttlMs / 100)
  const bounded = Math.min(Math.max(hundredth, MIN_CHECK_INTERVAL_MS), MAX_CHECK_INTERVAL_MS)
  return { ttlMs, checkIntervalMs: bounded }
}
