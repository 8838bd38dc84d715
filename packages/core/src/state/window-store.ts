import type { Windowed } from '../record/windowed.ts'
import type { ValueAndTimestamp } from './key-value-store.ts'
import type { StateStore } from './state-store.ts'

/** A window's start and its value. */
export type WindowEntry<V> = readonly [startMs: number, value: V]
/** A key in its window, and its value. */
export type WindowedEntry<K, V> = readonly [key: Windowed<K>, value: V]

/**
 * Reads of a window store. Times are those at which windows start, with both ends included.
 *
 * A window that started at or before (highest start written - retention) has expired: it is not found.
 * An iteration sees the store as it was when the method was called. The windows of one key come in the
 * order of their starts; those of several keys are grouped by segments, which are half a retention long,
 * and within one come in the order of the keys' bytes (Kafka Streams: RocksDB's stores).
 */
export interface ReadOnlyWindowStore<K, V> extends StateStore {
  /** Null when there is no such window. */
  fetch(key: K, startMs: number): V | null
  /** Windows of a key, by start. */
  fetch(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<V>>
  /** As `fetch`, the latest first. */
  backwardFetch(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<V>>
  /** Of the keys from `keyFrom` to `keyTo`, both included; null is open. */
  fetchRange(
    keyFrom: K | null,
    keyTo: K | null,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowedEntry<K, V>>
  /** As `fetchRange`, in the other order. */
  backwardFetchRange(
    keyFrom: K | null,
    keyTo: K | null,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowedEntry<K, V>>
  /** Windows of all keys that start in this time. */
  fetchAll(fromMs: number, toMs: number): IterableIterator<WindowedEntry<K, V>>
  /** As `fetchAll`, in the other order. */
  backwardFetchAll(fromMs: number, toMs: number): IterableIterator<WindowedEntry<K, V>>
  /** All windows. */
  all(): IterableIterator<WindowedEntry<K, V>>
  /** All windows, in the other order. */
  backwardAll(): IterableIterator<WindowedEntry<K, V>>
}

/** Reads and writes, visible as those of a key-value store are: to the task at once, to others when they are committed. */
export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /**
   * A null value deletes the window; in a store that retains duplicates it does nothing.
   * @returns false when the window has expired, and nothing was written: count it as a late record
   */
  put(key: K, value: V | null, startMs: number): boolean
}

/** The store of a windowed table: values with their timestamps. */
export type TimestampedWindowStore<K, V> = WindowStore<K, ValueAndTimestamp<V>>
