import type { Awaitable } from '../../base/awaitable.ts'
import type { ProcessorContext } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import { NO_HEADERS } from '../../record/headers.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { Windowed } from '../../record/windowed.ts'
import type { SessionTableStore } from '../../state/session-table-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'

export interface StoredSessionsParts<K, V> {
  readonly store: StoreBuilder<SessionTableStore<K, V>>
  readonly sendOldValues: boolean
  /** True: changes are not forwarded, because a session is sent when it has closed. */
  readonly emitsFinal: boolean
}

/**
 * The rows of a table by sessions, and the way of their changes downstream; see `StoredTable`. What is sent when it
 * has closed is not held back.
 *
 * Changes have no headers, unless they were held back: then they have those of the record that made the last one. So
 * it is in Kafka Streams.
 */
export class StoredSessions<K, V> {
  readonly store: SessionTableStore<K, V>
  readonly #context: ProcessorContext<Windowed<K>, Change<V>>
  readonly #parts: StoredSessionsParts<K, V>
  readonly #isCached: boolean

  constructor(context: ProcessorContext<Windowed<K>, Change<V>>, parts: StoredSessionsParts<K, V>) {
    this.store = context.getStateStore(parts.store)
    this.#context = context
    this.#parts = parts
    this.#isCached = this.store.isCached && !parts.emitsFinal
    if (!this.#isCached) return
    this.store.onFlush(parts.sendOldValues, ({ key, newValue, oldValue, headers }) =>
      context.forward(
        new StreamRecord(key, new Change(newValue, oldValue), key.window.endMs, headers),
      ),
    )
  }

  /**
   * Stores a session, and forwards it, or holds it back. Without a cache it has no old value, whatever was stored
   * under the same bounds before.
   *
   * @param cause the record that made the change
   */
  put(
    session: Windowed<K>,
    value: V | null,
    cause: StreamRecord<unknown, unknown>,
  ): Awaitable<void> {
    if (this.#isCached) {
      this.store.putHeld(session, value, cause)
      return
    }
    this.store.put(session, value)
    return this.#forward(session, new Change(value, null))
  }

  /** Removes a session that has become a part of another one, and forwards that, or holds it back. */
  replace(session: Windowed<K>, value: V, cause: StreamRecord<unknown, unknown>): Awaitable<void> {
    if (this.#isCached) {
      this.store.replaceHeld(session, cause)
      return
    }
    this.store.replace(session)
    return this.#forward(session, new Change<V>(null, this.#parts.sendOldValues ? value : null))
  }

  /** Forwards what is held back. */
  flush(): Awaitable<void> {
    return this.#isCached ? this.store.flush() : undefined
  }

  #forward(session: Windowed<K>, change: Change<V>): Awaitable<void> {
    if (this.#parts.emitsFinal) return
    return this.#context.forward(
      new StreamRecord(session, change, session.window.endMs, NO_HEADERS),
    )
  }
}
