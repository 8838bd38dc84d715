import type { TimestampedKeyValueStore } from './key-value-store.ts'
import type { StateStore } from './state-store.ts'

/** A value, and from when to when it was the one. */
export interface VersionedRecord<V> {
  readonly value: V
  /** When it became valid: the timestamp of its put. */
  readonly timestampMs: number
  /** When the next version, or a deletion, took its place; undefined for the latest. */
  readonly validToMs: number | undefined
}

/**
 * What a put did: the time until which its version is valid; `'latest'` when none comes after it;
 * `'not-put'` when it was older than the history and nothing was written: count it as dropped.
 */
export type PutResult = number | 'latest' | 'not-put'

/** By the time from which versions are valid. */
export type VersionOrder = 'ascending' | 'descending'

/**
 * Reads of a versioned store. Versions are found that were valid at (highest time written - history
 * retention) or later; the latest version of a key stays whatever its age.
 */
export interface ReadOnlyVersionedKeyValueStore<K, V> extends StateStore {
  /** The version that was valid at a time, or else the latest; null when there is none, or it is a deletion. */
  get(key: K, asOfMs?: number): VersionedRecord<V> | null
  /**
   * Versions that were valid at some time from `fromMs` to `toMs`, both included; deletions are left out.
   * @defaultValue order 'descending', the newest first
   */
  getVersions(
    key: K,
    fromMs: number,
    toMs: number,
    order?: VersionOrder,
  ): IterableIterator<VersionedRecord<V>>
}

/**
 * Reads and writes, visible as those of a key-value store are: to the task at once, to others when they are
 * committed. The order of the calls does not count, the timestamps do: of two puts with the same one the
 * later call wins.
 */
export interface VersionedKeyValueStore<K, V> extends ReadOnlyVersionedKeyValueStore<K, V> {
  /** A null value deletes the key from then on, until the next version. */
  put(key: K, value: V | null, timestampMs: number): PutResult
  /** Deletes from a time on; returns the version that was valid then. Null and no deletion when it is older than the history. */
  delete(key: K, timestampMs: number): VersionedRecord<V> | null
}

/** Tells the two kinds of stores apart that a table with plain keys may have. */
export function isVersionedStore<K, V>(
  store: TimestampedKeyValueStore<K, V> | VersionedKeyValueStore<K, V>,
): store is VersionedKeyValueStore<K, V> {
  return 'getVersions' in store
}
