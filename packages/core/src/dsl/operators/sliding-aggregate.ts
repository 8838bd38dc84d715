import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { Windowed } from '../../record/windowed.ts'
import type { SlidingWindows } from '../../time/sliding-windows.ts'
import { ClosedWindows, windowsByStart } from './closed-windows.ts'
import { NO_TIME, type ObservedTime, OwnTime } from './observed-time.ts'
import { earlySlidingSteps, type SlidingStep, slidingSteps } from './sliding-steps.ts'
import { StoredWindows } from './stored-windows.ts'
import type { WindowAggregateParts } from './window-aggregate.ts'

export interface SlidingAggregateParts<K, V, A> extends Omit<
  WindowAggregateParts<K, V, A>,
  'windows'
> {
  readonly windows: SlidingWindows
}

/**
 * Keeps an aggregate of each key and set of records that are close together.
 *
 * A record changes the windows around it, the latest first, and may make up to three: the one that ends with it,
 * the one behind it, and the one behind the record before it. One that lies before `difference` goes into
 * the window from 0 on, because no window starts earlier, and sends nothing that has closed.
 *
 * Null keys and values are dropped and counted; a record is late for a window when event time has gone beyond its
 * end by more than the grace. Timestamps and headers as for `windowAggregate`
 * (Kafka Streams: `KStreamSlidingWindowAggregate`).
 */
export function slidingAggregate<K, V, A>(
  parts: SlidingAggregateParts<K, V, A>,
): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
  return () => new SlidingAggregate(parts)
}

class SlidingAggregate<K, V, A> implements Processor<K, V, Windowed<K>, Change<A>> {
  readonly #parts: SlidingAggregateParts<K, V, A>
  readonly holdsBackMs: number
  // Set by init, which comes before the first record.
  #context!: ProcessorContext<Windowed<K>, Change<A>>
  #table!: StoredWindows<K, A>
  #time!: ObservedTime
  #closed: ClosedWindows<K, A> | undefined
  /** Where event time has come without records. Told again after an abort or a restart. */
  #idleMs = -1

  constructor(parts: SlidingAggregateParts<K, V, A>) {
    this.#parts = parts
    const { differenceMs, graceMs } = parts.windows
    this.holdsBackMs = parts.emitsFinal ? differenceMs + graceMs : 0
  }

  init(context: ProcessorContext<Windowed<K>, Change<A>>): void {
    const { differenceMs } = this.#parts.windows
    this.#context = context
    this.#table = new StoredWindows(context, this.#parts)
    this.#time = this.#parts.hasOwnTime === true ? new OwnTime(context) : this.#table.store
    if (!this.#parts.emitsFinal) return
    this.#closed = new ClosedWindows(context, windowsByStart(this.#table.store), {
      firstMs: (lastCloseMs) => Math.max(0, lastCloseMs - differenceMs),
      lastMs: (closeMs) => closeMs - differenceMs - 1,
      mayHold: () => true,
    })
  }

  process(record: StreamRecord<K, V>): Awaitable<void> {
    const { key, value, timestampMs } = record
    if (key === null || value === null) {
      this.#context.recordDropped(key === null ? 'null-key' : 'null-value')
      return
    }
    const { differenceMs, graceMs } = this.#parts.windows
    const closeMs = this.#observe(timestampMs) - graceMs
    if (timestampMs + differenceMs < closeMs) {
      this.#tellLate(timestampMs, closeMs)
      return
    }
    return this.#take(this.#stepsOf(key, timestampMs), closeMs, record)
  }

  advanceTime(timeMs: number): Awaitable<void> {
    this.#idleMs = timeMs
    return this.#closed?.sendIdle(this.#observe(NO_TIME) - this.#parts.windows.graceMs)
  }

  flush(): Awaitable<void> {
    return this.#table.flush()
  }

  /** What idleness has brought is not the store's time: its windows expire by records, as its changelog says. */
  #observe(timestampMs: number): number {
    return Math.max(this.#time.observe(timestampMs), this.#idleMs)
  }

  #stepsOf(key: K, timestampMs: number): readonly SlidingStep<A>[] {
    const { store } = this.#table
    const { differenceMs } = this.#parts.windows
    const lastMs = timestampMs + 1
    if (timestampMs < differenceMs) {
      return earlySlidingSteps(store.fetch(key, 0, lastMs), timestampMs)
    }
    const firstMs = Math.max(0, timestampMs - 2 * differenceMs)
    return slidingSteps(store.backwardFetch(key, firstMs, lastMs), timestampMs, differenceMs)
  }

  #take(
    steps: readonly SlidingStep<A>[],
    closeMs: number,
    record: StreamRecord<K, V>,
  ): Awaitable<void> {
    const { differenceMs } = this.#parts.windows
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]
      if (step === undefined) break
      if (step.kind === 'add' && step.startMs + differenceMs < closeMs) {
        this.#tellLate(step.startMs, closeMs)
        continue
      }
      const result = this.#takeOne(step, record)
      if (isPromiseLike(result)) return this.#takeRest(result, steps.slice(i + 1), closeMs, record)
    }
    if (record.timestampMs < differenceMs) return
    return this.#closed?.send(closeMs, record)
  }

  #tellLate(startMs: number, closeMs: number): void {
    const { differenceMs, graceMs } = this.#parts.windows
    const window = { startMs, endMs: startMs + differenceMs }
    this.#context.recordDropped('late', { window, streamTimeMs: closeMs + graceMs })
  }

  async #takeRest(
    pending: PromiseLike<void>,
    steps: readonly SlidingStep<A>[],
    closeMs: number,
    record: StreamRecord<K, V>,
  ): Promise<void> {
    await pending
    await this.#take(steps, closeMs, record)
  }

  #takeOne({ kind, startMs, row }: SlidingStep<A>, record: StreamRecord<K, V>): Awaitable<void> {
    if (kind === 'copy') {
      return this.#table.update(startMs, new Change<A>(row.value, null), row.timestampMs, record)
    }
    const before = row === undefined ? this.#parts.init() : row.value
    const after = this.#parts.add(record.key, record.value, before as A) // a null of init is meant for it
    const timestampMs =
      row === undefined ? record.timestampMs : Math.max(record.timestampMs, row.timestampMs)
    return this.#table.update(startMs, new Change(after, before), timestampMs, record)
  }
}
