import type { Awaitable } from '../base/awaitable.ts'
import type { Headers } from '../record/headers.ts'
import type { UpdateCause } from './record-cache.ts'
import type { StateStore } from './state-store.ts'

/** A change of a row since it was last forwarded. */
export interface HeldChange<K, S> {
  readonly key: K
  readonly newValue: S | null
  /** What was forwarded last; null when nobody asked for it. */
  readonly oldValue: S | null
  /** Of the record that made the last update. */
  readonly timestampMs: number
  readonly headers: Headers
}

/**
 * A store whose updates a table holds back (Kafka Streams: `CachedStateStore`). `S` is what a row
 * holds. A row that was not there when it was last forwarded, and is not there now, is left out.
 */
export interface CachedStore<K, S> extends StateStore {
  /** False: nothing is held back, the other methods must not be called. */
  readonly isCached: boolean
  /** Stores a row, or with null deletes it; `cause` is the record that made it so. */
  putHeld(key: K, value: S | null, cause: UpdateCause): void
  /** Called once, before the first `putHeld`. */
  onFlush(sendOldValues: boolean, forward: (change: HeldChange<K, S>) => Awaitable<void>): void
  flush(): Awaitable<void>
  /** The row as it was last forwarded; for a key of which nothing is held back, as it is. */
  getForwarded(key: K): S | null
}

/** The store as one that holds back, if it does. */
export function cachedStore<K, S>(store: StateStore): CachedStore<K, S> | undefined {
  // The caller has the store's own types, and gives them.
  const candidate = store as Partial<CachedStore<K, S>>
  return candidate.isCached === true ? (store as CachedStore<K, S>) : undefined
}
