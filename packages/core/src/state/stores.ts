import type { Serde } from '../serde/serde.ts'
import { CHANGELOG_COMPACT } from './changelog-topic-config.ts'
import type { KeyValueStore, TimestampedKeyValueStore } from './key-value-store.ts'
import { createPlainKeyValueStore, plainChangelog } from './plain-key-value-store.ts'
import {
  createTimestampedKeyValueStore,
  timestampedChangelog,
} from './timestamped-key-value-store.ts'
import type { SessionStore } from './session-store.ts'
import type { StoreBuilder, StoreOptions } from './store-builder.ts'
import { type VersionedStoreOptions, versionedStore } from './versioned-store-builder.ts'
import type { VersionedKeyValueStore } from './versioned-store.ts'
import type { TimestampedWindowStore, WindowStore } from './window-store.ts'
import {
  type SessionStoreOptions,
  sessionStore,
  timestampedWindowStore,
  type WindowStoreOptions,
  windowStore,
} from './windowed-store-builders.ts'

export interface KeyValueStoreOptions<K, V> extends StoreOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * Descriptions of state stores, to be given to `process`, `processValues` and `addStateStore`.
 * The name is part of the changelog topic's name: changing it leaves the old state behind.
 */
export const stores: {
  /** Values by key. */
  readonly keyValue: <K, V>(
    name: string,
    options: KeyValueStoreOptions<K, V>,
  ) => StoreBuilder<KeyValueStore<K, V>>
  /** Values by key, each with its timestamp and headers: what a table is stored in. */
  readonly timestampedKeyValue: <K, V>(
    name: string,
    options: KeyValueStoreOptions<K, V>,
  ) => StoreBuilder<TimestampedKeyValueStore<K, V>>
  /** Values by key and start of a window. */
  readonly window: <K, V>(
    name: string,
    options: WindowStoreOptions<K, V>,
  ) => StoreBuilder<WindowStore<K, V>>
  /** The same, each with its timestamp and headers: what a windowed table is stored in. */
  readonly timestampedWindow: <K, V>(
    name: string,
    options: WindowStoreOptions<K, V>,
  ) => StoreBuilder<TimestampedWindowStore<K, V>>
  /** Values by key and session. */
  readonly session: <K, V>(
    name: string,
    options: SessionStoreOptions<K, V>,
  ) => StoreBuilder<SessionStore<K, V>>
  /** Values by key, as of any time within a history. */
  readonly versionedKeyValue: <K, V>(
    name: string,
    options: VersionedStoreOptions<K, V>,
  ) => StoreBuilder<VersionedKeyValueStore<K, V>>
} = Object.freeze({
  keyValue: <K, V>(
    name: string,
    options: KeyValueStoreOptions<K, V>,
  ): StoreBuilder<KeyValueStore<K, V>> => ({
    ...common(name, options),
    changelog: plainChangelog,
    build: (environment) => createPlainKeyValueStore({ name, ...options, environment }),
  }),
  timestampedKeyValue: <K, V>(
    name: string,
    options: KeyValueStoreOptions<K, V>,
  ): StoreBuilder<TimestampedKeyValueStore<K, V>> => ({
    ...common(name, options),
    changelog: timestampedChangelog,
    build: (environment) => createTimestampedKeyValueStore({ name, ...options, environment }),
  }),
  window: windowStore,
  timestampedWindow: timestampedWindowStore,
  session: sessionStore,
  versionedKeyValue: versionedStore,
})

function common(
  name: string,
  options: StoreOptions,
): Pick<StoreBuilder, 'name' | 'logging' | 'topicConfig'> {
  return {
    name,
    logging: options.logging ?? true,
    topicConfig: { ...CHANGELOG_COMPACT, ...options.topicConfig },
  }
}
