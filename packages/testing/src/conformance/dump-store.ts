import type {
  KeyValueStore,
  SessionStore,
  StateStore,
  TimestampedWindowStore,
  VersionedKeyValueStore,
} from '@millrace/core'
import type { StoreRow } from './scenario.ts'
import { isWindowed, show, text } from './text.ts'

type Row = readonly [key: unknown, value: unknown, timestampMs?: number]

/**
 * The rows of a store in the order of their keys, windowed ones by key, start and end.
 *
 * @param inputKeys the keys among the inputs: the only ones whose sessions and versions are read
 */
export function dumpStore(store: StateStore, inputKeys: ReadonlySet<string>): readonly StoreRow[] {
  return [...rowsOf(store, [...inputKeys])]
    .map((row) => ({ order: orderOf(row[0]), row: storeRow(row) }))
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    .map(({ row }) => row)
}

function rowsOf(store: StateStore, inputKeys: readonly string[]): Iterable<Row> {
  if (isVersioned(store)) {
    return inputKeys.flatMap((key): readonly Row[] => {
      const version = store.get(key)
      return version === null ? [] : [[key, version.value, version.timestampMs]]
    })
  }
  if (isSessionStore(store)) return inputKeys.flatMap((key) => [...store.fetch(key)])
  if (isWindowStore(store)) return [...store.all()].map(timestamped)
  if (isKeyValueStore(store)) return [...store.all()].map(timestamped)
  throw new TypeError(`store ${store.name} is of no kind that can be dumped`)
}

/** Stores of tables have timestamps, those of processors have none. */
function timestamped([key, stored]: readonly [key: unknown, stored: unknown]): Row {
  if (typeof stored !== 'object' || stored === null || !('timestampMs' in stored)) {
    return [key, stored]
  }
  return [key, 'value' in stored ? stored.value : null, Number(stored.timestampMs)]
}

function storeRow([key, value, timestamp]: Row): StoreRow {
  return {
    key: show(key),
    value: typeof value === 'number' ? value : text(value),
    ...(timestamp === undefined ? {} : { timestamp }),
  }
}

/** As long as the longest time, so that times as texts sort as numbers. */
const TIME_DIGITS = 20

function orderOf(key: unknown): string {
  if (!isWindowed(key)) return show(key)
  const [, times = ''] = show({ ...key, key: '' }).split('@')
  const [start = '', end = ''] = times.split('/').map((time) => time.padStart(TIME_DIGITS, '0'))
  return `${show(key.key)}@${start}/${end}`
}

function isVersioned(store: StateStore): store is VersionedKeyValueStore<unknown, unknown> {
  return 'getVersions' in store
}

function isSessionStore(store: StateStore): store is SessionStore<unknown, unknown> {
  return 'findSessions' in store
}

function isWindowStore(store: StateStore): store is TimestampedWindowStore<unknown, unknown> {
  return 'fetchAll' in store
}

function isKeyValueStore(store: StateStore): store is KeyValueStore<unknown, unknown> {
  return 'reverseRange' in store
}
