import type { Window } from '../record/windowed.ts'
import type { TimestampedWindowStore } from './window-store.ts'

/** The store of a windowed table, as the operator sees it that aggregates into it. */
export interface WindowTableStore<K, V> extends TimestampedWindowStore<K, V> {
  /**
   * Moves on the event time that the operator has observed; returns the highest so far. Part of the transaction: after an
   * abort or a restart a record is as late as before (Kafka Streams begins anew there).
   */
  observe(timestampMs: number): number
  /** The window that starts there. */
  windowAt(startMs: number): Window
}
