import { assert } from '../base/assert.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import { windowRows } from '../processor/stored-rows.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { Windowed } from '../record/windowed.ts'
import type { Serde } from '../serde/serde.ts'
import { storedForm } from '../serde/stored-form.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { WindowTableStore } from '../state/window-table-store.ts'
import {
  windowTableStoreBuilder,
  type WindowedStoreOptions,
} from '../state/windowed-store-builders.ts'
import type { TimeWindows } from '../time/windows.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import { saysMaterialized, type TableStoreOptions } from './store-options.ts'

/** How a windowed table is kept (Kafka Streams: `Materialized` of a window store). */
export interface WindowedTableOptions<K, V>
  extends TableStoreOptions<K, V>, Pick<WindowedStoreOptions, 'changelogCleanup'> {
  /**
   * How long windows can be read after a later one has begun, in event time. At least the size and the grace of
   * the windows, of sliding ones twice the difference and the grace, which is the default as well.
   */
  readonly retention?: Duration
}

export interface WindowedTableStore<K, V> {
  readonly builder: StoreBuilder<WindowTableStore<K, V>>
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
  readonly rows: ValueGetterSupplier<Windowed<K>, V>
}

export interface WindowedTableParts<K, V> {
  readonly name: string
  readonly windows: TimeWindows
  readonly key: Serde<K> | undefined
  readonly value: Serde<V> | undefined
  /** True: windows are sent when they have closed. */
  readonly emitsFinal: boolean
}

/**
 * The store of a table by time windows. A serde that is missing makes `build()` fail.
 *
 * @throws TypeError when the windows do not fit into the retention
 */
export function windowedTableStore<K, V>(
  { name, windows, key, value, emitsFinal }: WindowedTableParts<K, V>,
  options: WindowedTableOptions<K, V>,
): WindowedTableStore<K, V> {
  const { logging, topicConfig, changelogCleanup, caching = true } = options
  const keySerde = key ?? missingSerde
  const valueSerde = value ?? missingSerde
  const builder = windowTableStoreBuilder<K, V>(name, {
    key: keySerde,
    value: storedForm(valueSerde),
    windowSizeMs: windowSizeMs(windows),
    retentionMs: retentionMs(name, windows, options.retention),
    caching,
    emitsFinal,
    ...(logging === undefined ? {} : { logging }),
    ...(topicConfig === undefined ? {} : { topicConfig }),
    ...(changelogCleanup === undefined ? {} : { changelogCleanup }),
  })
  return { builder, keySerde, valueSerde, rows: windowRows(builder) }
}

/** From the start of a window to its end; Infinity when it has none. */
export function windowSizeMs(windows: TimeWindows): number {
  if (windows.kind === 'unlimited') return Infinity
  return windows.kind === 'sliding' ? windows.differenceMs : windows.sizeMs
}

/** How long after its end a window is still changed. */
export function windowGraceMs(windows: TimeWindows): number {
  return windows.kind === 'unlimited' ? 0 : windows.graceMs
}

/** As `saysMaterialized`, of a windowed table. */
export function saysWindowsMaterialized(options: WindowedTableOptions<unknown, unknown>): boolean {
  return saysMaterialized(options) || options.retention !== undefined
}

function retentionMs(store: string, windows: TimeWindows, retention: Duration | undefined): number {
  // A sliding window is looked up until twice the difference back.
  const needed =
    windowSizeMs(windows) * (windows.kind === 'sliding' ? 2 : 1) + windowGraceMs(windows)
  if (retention === undefined) return needed
  const givenMs = durationToMs(retention)
  assert(
    givenMs >= needed,
    `store ${store}: a retention of ${givenMs} ms is too short for the windows and their grace, which take ${needed} ms`,
  )
  return givenMs
}
