import { assert } from '../base/assert.ts'
import { durationToMs } from '../base/duration.ts'
import { sessionRows } from '../processor/stored-rows.ts'
import type { ValueGetterSupplier } from '../processor/value-getter.ts'
import type { Windowed } from '../record/windowed.ts'
import type { Serde } from '../serde/serde.ts'
import { storedForm } from '../serde/stored-form.ts'
import type { SessionTableStore } from '../state/session-table-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { sessionTableStoreBuilder } from '../state/windowed-store-builders.ts'
import type { SessionWindows } from '../time/session-windows.ts'
import { missingSerde } from '../topology/missing-serde.ts'
import type { WindowedTableOptions } from './window-store-options.ts'

export interface StoredSessionTable<K, V> {
  readonly builder: StoreBuilder<SessionTableStore<K, V>>
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
  readonly rows: ValueGetterSupplier<Windowed<K>, V>
}

export interface SessionTableParts<K, V> {
  readonly name: string
  readonly windows: SessionWindows
  readonly key: Serde<K> | undefined
  readonly value: Serde<V> | undefined
  /** True: sessions are sent when they have closed. */
  readonly emitsFinal: boolean
}

/**
 * The store of a table by sessions. A serde that is missing makes `build()` fail.
 *
 * @throws TypeError when gap and grace do not fit into the retention
 */
export function sessionTableStore<K, V>(
  { name, windows, key, value, emitsFinal }: SessionTableParts<K, V>,
  options: WindowedTableOptions<K, V>,
): StoredSessionTable<K, V> {
  const { logging, topicConfig, changelogCleanup, caching = true } = options
  const keySerde = key ?? missingSerde
  const valueSerde = value ?? missingSerde
  const builder = sessionTableStoreBuilder<K, V>(name, {
    key: keySerde,
    value: storedForm(valueSerde),
    retentionMs: retentionMs(name, windows, options),
    caching,
    emitsFinal,
    ...(logging === undefined ? {} : { logging }),
    ...(topicConfig === undefined ? {} : { topicConfig }),
    ...(changelogCleanup === undefined ? {} : { changelogCleanup }),
  })
  return { builder, keySerde, valueSerde, rows: sessionRows(builder) }
}

/** How long after its end a session is still changed. */
export function sessionGraceMs({ gapMs, graceMs }: SessionWindows): number {
  return gapMs + graceMs
}

function retentionMs(
  store: string,
  windows: SessionWindows,
  { retention }: Pick<WindowedTableOptions<unknown, unknown>, 'retention'>,
): number {
  const neededMs = sessionGraceMs(windows)
  if (retention === undefined) return neededMs
  const givenMs = durationToMs(retention)
  assert(
    givenMs >= neededMs,
    `store ${store}: a retention of ${givenMs} ms is too short for the gap and the grace of sessions, which take ${neededMs} ms`,
  )
  return givenMs
}
