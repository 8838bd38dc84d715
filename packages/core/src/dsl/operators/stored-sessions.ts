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

/** The rows of a table by sessions, and the way of their changes downstream; see `StoredTable`. */
export class StoredSessions<K, V> {
  readonly store: SessionTableStore<K, V>
  readonly #context: ProcessorContext<Windowed<K>, Change<V>>
  readonly #parts: StoredSessionsParts<K, V>

  constructor(context: ProcessorContext<Windowed<K>, Change<V>>, parts: StoredSessionsParts<K, V>) {
    this.store = context.getStateStore(parts.store)
    this.#context = context
    this.#parts = parts
  }

  /** Stores a session, and forwards it. Without an old value, whatever was stored under the same bounds before. */
  put(session: Windowed<K>, value: V | null): Awaitable<void> {
    this.store.put(session, value)
    return this.#forward(session, new Change(value, null))
  }

  /** Removes a session that has become a part of another one, and forwards that. */
  replace(session: Windowed<K>, value: V): Awaitable<void> {
    this.store.replace(session)
    return this.#forward(session, new Change<V>(null, this.#parts.sendOldValues ? value : null))
  }

  #forward(session: Windowed<K>, change: Change<V>): Awaitable<void> {
    if (this.#parts.emitsFinal) return
    return this.#context.forward(
      new StreamRecord(session, change, session.window.endMs, NO_HEADERS),
    )
  }
}
