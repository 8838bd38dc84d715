import type { Awaitable } from '../base/awaitable.ts'
import type { Window, Windowed } from '../record/windowed.ts'
import type { HeldChange } from './cached-store.ts'
import type { ValueAndTimestamp } from './key-value-store.ts'
import type { UpdateCause } from './record-cache.ts'
import type { TimestampedWindowStore } from './window-store.ts'

/** The store of a windowed table, as the operator sees it that aggregates into it. */
export interface WindowTableStore<K, V> extends TimestampedWindowStore<K, V> {
  /**
   * Moves on the event time that the operator has observed; returns the highest so far. Part of the transaction:
   * after an abort or a restart a record is as late as before (Kafka Streams begins anew there).
   */
  observe(timestampMs: number): number
  /** The window that starts there. */
  windowAt(startMs: number): Window

  /** False: nothing is held back, and the methods for that must not be called. See `CachedStore`. */
  readonly isCached: boolean
  putHeld(key: K, value: ValueAndTimestamp<V> | null, startMs: number, cause: UpdateCause): void
  onFlush(
    sendOldValues: boolean,
    forward: (change: HeldChange<Windowed<K>, ValueAndTimestamp<V>>) => Awaitable<void>,
  ): void
  flush(): Awaitable<void>
  getForwarded(key: Windowed<K>): ValueAndTimestamp<V> | null

  /**
   * Windows that start until then may expire: they have been sent, and no more. Of a table whose windows are sent when they
   * have closed; those are found by time, so `fetchAll` gives them in the order of their starts, then of their keys.
   */
  release(startMs: number): void
}
