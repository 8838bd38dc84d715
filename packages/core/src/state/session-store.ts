import type { Windowed } from '../record/windowed.ts'
import type { StateStore } from './state-store.ts'
import type { WindowedEntry } from './window-store.ts'

/**
 * Reads of a session store. A session has a first and a last time, both included.
 *
 * A session that ended at or before (highest end written - retention) has expired: it is not found. An
 * iteration sees the store as it was when the method was called. The sessions of one key come in the order
 * of their ends, then of their starts; those of several keys are grouped by segments, which are half a
 * retention long, and within one come in the order of the keys' bytes (Kafka Streams: RocksDB's stores).
 */
export interface ReadOnlySessionStore<K, V> extends StateStore {
  /** Null when there is no session of exactly these bounds. */
  fetchSession(key: K, startMs: number, endMs: number): V | null
  /** Sessions that end at `earliestEndMs` or later and start at `latestStartMs` or earlier. */
  findSessions(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowedEntry<K, V>>
  /** As `findSessions`, the latest first. */
  backwardFindSessions(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowedEntry<K, V>>
  /** Of the keys from `keyFrom` to `keyTo`, both included; null is open. */
  findSessionsRange(
    keyFrom: K | null,
    keyTo: K | null,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowedEntry<K, V>>
  /** As `findSessionsRange`, in the other order. */
  backwardFindSessionsRange(
    keyFrom: K | null,
    keyTo: K | null,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowedEntry<K, V>>
  /** All sessions of a key. */
  fetch(key: K): IterableIterator<WindowedEntry<K, V>>
  /** As `fetch`, the latest first. */
  backwardFetch(key: K): IterableIterator<WindowedEntry<K, V>>
  /** All sessions of the keys from `keyFrom` to `keyTo`, both included; null is open. */
  fetchRange(keyFrom: K | null, keyTo: K | null): IterableIterator<WindowedEntry<K, V>>
  /** As `fetchRange`, in the other order. */
  backwardFetchRange(keyFrom: K | null, keyTo: K | null): IterableIterator<WindowedEntry<K, V>>
}

/** Reads and writes, visible as those of a key-value store are: to the task at once, to others when they are committed. */
export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  /**
   * A null aggregate removes the session.
   * @returns false when the session has expired, and nothing was written: count it as a late record
   */
  put(session: Windowed<K>, aggregate: V | null): boolean
  /** Removes the session of exactly these bounds, if there is one. */
  remove(session: Windowed<K>): void
}
