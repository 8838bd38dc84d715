import type { Windowed } from '../record/windowed.ts'
import type { CachedStore } from './cached-store.ts'
import type { UpdateCause } from './record-cache.ts'
import type { SessionStore } from './session-store.ts'
import type { WindowedEntry } from './window-store.ts'

/** The store of a table by sessions, as the operator sees it that aggregates into it. */
export interface SessionTableStore<K, V> extends SessionStore<K, V>, CachedStore<Windowed<K>, V> {
  /** The highest end of a session that was written, -1 before the first. */
  readonly streamTimeMs: number
  /**
   * Sessions that end at `earliestEndMs` or later and start at `latestStartMs` or earlier, by their ends and then by
   * their starts: those that a record in between joins.
   */
  sessionsAround(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): readonly WindowedEntry<K, V>[]
  /** Removes a session that {@link sessionsAround} gave, and that has become a part of another one. */
  replace(session: Windowed<K>): void
  /** The same, to be forwarded by the next flush. */
  replaceHeld(session: Windowed<K>, cause: UpdateCause): void
  /**
   * Sessions whose end is from the one to the other, both included, by ends, starts and the bytes of keys; also
   * those that have expired, which is when they close, as long as they are there. Of a store with an index by time.
   */
  sessionsByEnd(fromMs: number, toMs: number): IterableIterator<WindowedEntry<K, V>>
}
