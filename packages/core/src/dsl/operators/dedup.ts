import type { Awaitable } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { KeyAndId } from '../../serde/key-and-id-serde.ts'
import type { RecordWindowStore } from '../../state/record-window-store.ts'
import type { StoreBuilder } from '../../state/store-builder.ts'
import { OwnTime } from './observed-time.ts'

/** What makes two records of a key the same. Null: nothing does, and the record passes. */
export type RecordId<K, V> = (value: V, key: K) => string | null

export interface DedupParts<K, V> {
  readonly id: RecordId<K, V>
  readonly withinMs: number
  readonly graceMs: number
  /** When a record of that key and id has passed; values are not needed. */
  readonly store: StoreBuilder<RecordWindowStore<KeyAndId<K>, string>>
}

/**
 * Lets a record pass unless one of the same key and id has passed whose time is within `withinMs` of its own, before
 * or after.
 *
 * - The first to come passes, whatever its time. A duplicate does not prolong the time of the one that passed.
 * - A null key is dropped and counted. So is a record that is more than `graceMs` behind the newest one: what
 *   has passed at its time may be forgotten.
 */
export function dedup<K, V>(parts: DedupParts<K, V>): ProcessorSupplier<K, V, K, V> {
  return () => new Dedup(parts)
}

class Dedup<K, V> implements Processor<K, V, K, V> {
  readonly #parts: DedupParts<K, V>
  // Set by init, which comes before the first record.
  #passed!: RecordWindowStore<KeyAndId<K>, string>
  #time!: OwnTime

  constructor(parts: DedupParts<K, V>) {
    this.#parts = parts
  }

  init(context: ProcessorContext<K, V>): void {
    this.#passed = context.getStateStore(this.#parts.store)
    this.#time = new OwnTime(context)
  }

  process(record: StreamRecord<K, V>, context: ProcessorContext<K, V>): Awaitable<void> {
    const { key, value, timestampMs } = record
    const streamTimeMs = this.#time.observe(timestampMs)
    if (key === null) {
      context.recordDropped('null-key')
      return
    }
    const { id: idOf, withinMs, graceMs } = this.#parts
    if (timestampMs < streamTimeMs - graceMs) {
      context.recordDropped('late', { streamTimeMs })
      return
    }
    const id = idOf(value, key)
    if (id === null) return context.forward(record)
    const keyAndId: KeyAndId<K> = [key, id]
    const fromMs = Math.max(0, timestampMs - withinMs)
    if (this.#passed.latest(keyAndId, fromMs, timestampMs + withinMs) !== null) return
    this.#passed.put(new StreamRecord(keyAndId, '', timestampMs))
    return context.forward(record)
  }

  advanceTime(timeMs: number): void {
    this.#time.observe(timeMs)
  }
}
