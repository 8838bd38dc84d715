import type { Headers } from '../record/headers.ts'
import type { StateStore } from './state-store.ts'

/** A key and its value in a store. */
export type KeyValueEntry<K, V> = readonly [key: K, value: V]

/**
 * Reads of a key-value store. Keys are ordered as unsigned bytes of their serialized form.
 * An iteration sees the store as it was when the method was called.
 */
export interface ReadOnlyKeyValueStore<K, V> extends StateStore {
  /** Null when there is no such key. */
  get(key: K): V | null
  /** Entries with `from <= key <= to`, both included as in Kafka Streams; an absent bound is open. */
  range(from?: K | null, to?: K | null): IterableIterator<KeyValueEntry<K, V>>
  /** As `range`, the last key first. */
  reverseRange(from?: K | null, to?: K | null): IterableIterator<KeyValueEntry<K, V>>
  /** All entries, in the order of keys. */
  all(): IterableIterator<KeyValueEntry<K, V>>
  /** All entries, the last key first. */
  reverseAll(): IterableIterator<KeyValueEntry<K, V>>
  /** Entries whose serialized key begins with these bytes. */
  prefixScan(prefix: Uint8Array): IterableIterator<KeyValueEntry<K, V>>
}

/**
 * Reads and writes. A write is visible to the task at once, and to anyone else when the
 * transaction that it belongs to has committed; an abort takes it back.
 */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** A null value deletes. */
  put(key: K, value: V | null): void
  /** Stores `value` only where there is none; returns what was there. */
  putIfAbsent(key: K, value: V): V | null
  /** Returns what was there. */
  delete(key: K): V | null
}

/** A value with the event time of its last update and the headers of the record that made it. */
export interface ValueAndTimestamp<V> {
  readonly value: V
  readonly timestampMs: number
  readonly headers: Headers
}

/** The store of a table: values with their timestamps. */
export type TimestampedKeyValueStore<K, V> = KeyValueStore<K, ValueAndTimestamp<V>>
