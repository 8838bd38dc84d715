import type { Windowed } from '../record/windowed.ts'
import { cachedStore } from '../state/cached-store.ts'
import type { TimestampedKeyValueStore, ValueAndTimestamp } from '../state/key-value-store.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { VersionedKeyValueStore } from '../state/versioned-store.ts'
import type { SessionTableStore } from '../state/session-table-store.ts'
import { valueAndTimestamp } from '../state/timestamped-key-value-store.ts'
import type { WindowTableStore } from '../state/window-table-store.ts'
import type { ValueGetterSupplier } from './value-getter.ts'

/** The rows of a table that is kept by key. */
export function keyValueRows<K, V>(
  store: StoreBuilder<TimestampedKeyValueStore<K, V>>,
): ValueGetterSupplier<K, V> {
  return {
    storeNames: [store.name],
    create(context, seen) {
      const rows = context.getStateStore(store)
      const cached = seen === 'forwarded' ? cachedStore<K, ValueAndTimestamp<V>>(rows) : undefined
      return cached === undefined ? rows : { get: (key) => cached.getForwarded(key) }
    },
  }
}

/** The rows of a versioned table: the latest of each key, or that of a time. Versions have no headers. */
export function versionedRows<K, V>(
  store: StoreBuilder<VersionedKeyValueStore<K, V>>,
): ValueGetterSupplier<K, V> {
  return {
    storeNames: [store.name],
    create(context) {
      const versions = context.getStateStore(store)
      return {
        isVersioned: true,
        get(key, asOfMs) {
          const version = versions.get(key, asOfMs)
          return version === null ? null : valueAndTimestamp(version.value, version.timestampMs)
        },
      }
    },
  }
}

/** The rows of a table that is kept by windows: the key is that of a window, and its start says which. */
export function windowRows<K, V>(
  store: StoreBuilder<WindowTableStore<K, V>>,
): ValueGetterSupplier<Windowed<K>, V> {
  return {
    storeNames: [store.name],
    create(context, seen) {
      const windows = context.getStateStore(store)
      if (seen === 'forwarded' && windows.isCached) {
        return { get: (key) => windows.getForwarded(key) }
      }
      return { get: ({ key, window }) => windows.fetch(key, window.startMs) }
    },
  }
}

/** The rows of a table that is kept by sessions, each of which has the timestamp of its end. */
export function sessionRows<K, V>(
  store: StoreBuilder<SessionTableStore<K, V>>,
): ValueGetterSupplier<Windowed<K>, V> {
  return {
    storeNames: [store.name],
    create(context, seen) {
      const sessions = context.getStateStore(store)
      const asForwarded = seen === 'forwarded' && sessions.isCached
      return {
        get(key) {
          const { startMs, endMs } = key.window
          const value = asForwarded
            ? sessions.getForwarded(key)
            : sessions.fetchSession(key.key, startMs, endMs)
          return value === null ? null : valueAndTimestamp(value, endMs)
        },
      }
    },
  }
}
