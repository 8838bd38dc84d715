import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { Windowed } from '../../record/windowed.ts'
import { type GridWindows, WindowGrid } from '../../time/window-grid.ts'
import { ClosedWindows, windowsByStart } from './closed-windows.ts'
import { NO_TIME, type ObservedTime, OwnTime } from './observed-time.ts'
import { StoredWindows, type StoredWindowsParts } from './stored-windows.ts'

export interface WindowAggregateParts<K, V, A> extends StoredWindowsParts<K, A> {
  readonly windows: GridWindows
  /** True for one of several operators that aggregate into one store: each goes by the event time of its own records. */
  readonly hasOwnTime?: boolean
  /** Null where the first value of a window is its aggregate. */
  readonly init: () => A | null
  /** `aggregate` is what `init` gave, or was stored. */
  readonly add: (key: K, value: V, aggregate: A) => A | null
}

/**
 * Keeps an aggregate of each key and window of tumbling, hopping or unlimited windows.
 *
 * - A record changes the windows around its timestamp, the earliest first. It is dropped, and counted, for
 *   those that have closed: event time, as this operator has seen it, is at their end and the grace.
 * - A null key is dropped and counted; a null value is given to `add` as any other.
 * - The timestamp of a window is the largest that went in. The headers are the record's.
 * - The old value of a new window is what the initializer gave, with a cache null.
 * (Kafka Streams: `KStreamWindowAggregate`)
 */
export function windowAggregate<K, V, A>(
  parts: WindowAggregateParts<K, V, A>,
): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
  return () => new WindowAggregate(parts)
}

class WindowAggregate<K, V, A> implements Processor<K, V, Windowed<K>, Change<A>> {
  readonly #parts: WindowAggregateParts<K, V, A>
  readonly #grid: WindowGrid
  readonly holdsBackMs: number
  // Set by init, which comes before the first record.
  #context!: ProcessorContext<Windowed<K>, Change<A>>
  #table!: StoredWindows<K, A>
  #time!: ObservedTime
  #closed: ClosedWindows<K, A> | undefined
  /** Where event time has come without records. Told again after an abort or a restart. */
  #idleMs = -1

  constructor(parts: WindowAggregateParts<K, V, A>) {
    this.#parts = parts
    this.#grid = new WindowGrid(parts.windows)
    this.holdsBackMs = parts.emitsFinal ? this.#grid.sizeMs + this.#grid.graceMs : 0
  }

  init(context: ProcessorContext<Windowed<K>, Change<A>>): void {
    const grid = this.#grid
    this.#context = context
    this.#table = new StoredWindows(context, this.#parts)
    this.#time = this.#parts.hasOwnTime === true ? new OwnTime(context) : this.#table.store
    if (!this.#parts.emitsFinal) return
    this.#closed = new ClosedWindows(context, windowsByStart(this.#table.store), {
      firstMs: (lastCloseMs) => Math.max(0, lastCloseMs - grid.sizeMs) + 1,
      lastMs: (closeMs) => closeMs - grid.sizeMs,
      mayHold: (firstMs, lastMs) => !grid.areSame(firstMs - 1, lastMs),
    })
  }

  process(record: StreamRecord<K, V>): Awaitable<void> {
    const { key, timestampMs } = record
    if (key === null) {
      this.#context.recordDropped('null-key')
      return
    }
    const firstMs = this.#grid.firstStartMs(timestampMs)
    if (firstMs > timestampMs) this.#context.recordDropped('before-window-start')
    const closeMs = this.#observe(timestampMs) - this.#grid.graceMs
    return this.#addFrom(firstMs, closeMs, record)
  }

  advanceTime(timeMs: number): Awaitable<void> {
    this.#idleMs = timeMs
    return this.#closed?.sendIdle(this.#observe(NO_TIME) - this.#grid.graceMs)
  }

  flush(): Awaitable<void> {
    return this.#table.flush()
  }

  /** What idleness has brought is not the store's time: its windows expire by records, as its changelog says. */
  #observe(timestampMs: number): number {
    return Math.max(this.#time.observe(timestampMs), this.#idleMs)
  }

  /** Adds the record to its windows from that one on, and sends what has closed. */
  #addFrom(firstMs: number, closeMs: number, record: StreamRecord<K, V>): Awaitable<void> {
    const { advanceMs, sizeMs } = this.#grid
    for (let startMs = firstMs; startMs <= record.timestampMs; startMs += advanceMs) {
      if (startMs + sizeMs <= closeMs) {
        this.#tellLate(startMs, closeMs)
        continue
      }
      const result = this.#add(startMs, record)
      if (isPromiseLike(result)) return this.#addRest(result, startMs + advanceMs, closeMs, record)
    }
    return this.#closed?.send(closeMs, record)
  }

  #tellLate(startMs: number, closeMs: number): void {
    const window = this.#table.store.windowAt(startMs)
    this.#context.recordDropped('late', { window, streamTimeMs: closeMs + this.#grid.graceMs })
  }

  async #addRest(
    pending: PromiseLike<void>,
    nextMs: number,
    closeMs: number,
    record: StreamRecord<K, V>,
  ): Promise<void> {
    await pending
    await this.#addFrom(nextMs, closeMs, record)
  }

  #add(startMs: number, record: StreamRecord<K, V>): Awaitable<void> {
    const { key, value } = record
    const stored = this.#table.store.fetch(key, startMs)
    const before = stored === null ? this.#parts.init() : stored.value
    const timestampMs =
      stored === null ? record.timestampMs : Math.max(record.timestampMs, stored.timestampMs)
    // A null of init is meant for the `add` that belongs to it.
    const after = this.#parts.add(key, value, before as A)
    return this.#table.update(startMs, new Change(after, before), timestampMs, record)
  }
}
