import type { Awaitable } from '../../base/awaitable.ts'
import type { ProcessorContext } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { Windowed } from '../../record/windowed.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import type { WindowTableStore } from '../../state/window-table-store.ts'
import { heldRecord } from './stored-table.ts'

export interface StoredWindowsParts<K, V> {
  readonly store: StoreBuilder<WindowTableStore<K, V>>
  readonly sendOldValues: boolean
  /** True: changes are not forwarded, because a window is sent when it has closed. */
  readonly emitsFinal: boolean
}

/**
 * The rows of a table by windows, and the way of their changes downstream; see `StoredTable`. What is sent when it
 * has closed is not held back.
 */
export class StoredWindows<K, V> {
  readonly store: WindowTableStore<K, V>
  readonly #context: ProcessorContext<Windowed<K>, Change<V>>
  readonly #parts: StoredWindowsParts<K, V>
  readonly #isCached: boolean

  constructor(context: ProcessorContext<Windowed<K>, Change<V>>, parts: StoredWindowsParts<K, V>) {
    this.store = context.getStateStore(parts.store)
    this.#context = context
    this.#parts = parts
    this.#isCached = this.store.isCached && !parts.emitsFinal
    if (!this.#isCached) return
    this.store.onFlush(parts.sendOldValues, (change) => context.forward(heldRecord(change)))
  }

  /**
   * Stores a window of the key of `cause`, and forwards the change, or holds it back.
   *
   * @param change its old value is that of the window just before; a cache finds the right one by itself
   * @param timestampMs of the window
   * @param cause the record that made the change; its headers become the window's
   */
  update(
    startMs: number,
    change: Change<V>,
    timestampMs: number,
    cause: StreamRecord<K, unknown>,
  ): Awaitable<void> {
    const { key, headers } = cause
    const { newValue: value } = change
    const row = value === null ? null : { value, timestampMs, headers }
    if (this.#isCached) {
      this.store.putHeld(key, row, startMs, cause)
      return
    }
    this.store.put(key, row, startMs)
    const { sendOldValues, emitsFinal } = this.#parts
    if (emitsFinal) return
    const known = sendOldValues || change.oldValue === null ? change : new Change(value, null)
    const windowed = { key, window: this.store.windowAt(startMs) }
    return this.#context.forward(new StreamRecord(windowed, known, timestampMs, headers))
  }

  /** Forwards what is held back. */
  flush(): Awaitable<void> {
    return this.#isCached ? this.store.flush() : undefined
  }
}
