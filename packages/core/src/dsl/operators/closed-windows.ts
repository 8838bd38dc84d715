import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import { operatorContext, type OperatorTime } from '../../processor/operator-context.ts'
import type { ProcessorContext } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { Windowed } from '../../record/windowed.ts'
import type { ValueAndTimestamp } from '../../state/key-value-store.ts'
import type { StateStore } from '../../state/state-store.ts'
import type { WindowedEntry } from '../../state/window-store.ts'

/** Which windows close between two times. A window is known by its start. */
export interface ClosingRule {
  /** The first window that was not closed at that time. */
  firstStartMs(lastCloseMs: number): number
  /** The last window that is closed at that time; less than 0 when there is none. */
  lastStartMs(closeMs: number): number
  /** False when there can be no window from the one to the other. */
  mayHold(firstMs: number, lastMs: number): boolean
}

/** A store that finds its windows by their starts. */
export interface WindowsByTime<K, V> extends StateStore {
  /** Windows that start from `fromMs` to `toMs`, both included; those of one start in the order of their keys. */
  fetchAll(fromMs: number, toMs: number): IterableIterator<WindowedEntry<K, ValueAndTimestamp<V>>>
}

/**
 * Sends windows once, when they have closed (Kafka Streams: `AbstractKStreamTimeWindowAggregateProcessor`).
 *
 * Each look comes with a record, and at most once in `emitIntervalMs` of wall-clock time. It sends what has
 * closed since the last one that sent, in the order of time, with the headers of the record that is being processed. How far
 * that went is committed with the offsets of the task.
 */
export class ClosedWindows<K, V> {
  readonly #context: ProcessorContext<Windowed<K>, Change<V>>
  readonly #store: WindowsByTime<K, V>
  readonly #rule: ClosingRule
  readonly #intervalMs: number
  readonly #sent: OperatorTime
  #nextLookMs = 0

  constructor(
    context: ProcessorContext<Windowed<K>, Change<V>>,
    store: WindowsByTime<K, V>,
    rule: ClosingRule,
  ) {
    const runtime = operatorContext(context)
    this.#context = context
    this.#store = store
    this.#rule = rule
    this.#intervalMs = runtime.emitIntervalMs
    this.#sent = runtime.operatorTime(store.name)
  }

  /** Sends what has closed until `closeMs`, if it is time to look for it. */
  send(closeMs: number, record: StreamRecord<K, unknown>): Awaitable<void> {
    const nowMs = this.#context.currentSystemTimeMs
    if (nowMs < this.#nextLookMs) return
    this.#nextLookMs = nowMs + this.#intervalMs
    const { ms: lastMs } = this.#sent
    if (lastMs >= closeMs) return
    const toMs = this.#rule.lastStartMs(closeMs)
    if (toMs < 0) return
    const fromMs = lastMs < 0 ? 0 : this.#rule.firstStartMs(lastMs)
    if (lastMs >= 0 && !this.#rule.mayHold(fromMs, toMs)) return
    // Noted first: who sends is not asked again while a record is on its way.
    this.#sent.ms = closeMs
    return this.#sendAll(this.#windows(fromMs, toMs), record)
  }

  #windows(fromMs: number, toMs: number): Iterator<WindowedEntry<K, ValueAndTimestamp<V>>> {
    const windows = [...this.#store.fetchAll(fromMs, toMs)]
    windows.sort(([a], [b]) => a.window.startMs - b.window.startMs)
    return windows.values()
  }

  #sendAll(
    windows: Iterator<WindowedEntry<K, ValueAndTimestamp<V>>>,
    record: StreamRecord<K, unknown>,
  ): Awaitable<void> {
    try {
      for (let next = windows.next(); next.done !== true; next = windows.next()) {
        const [key, { value, timestampMs }] = next.value
        const change = new Change(value, null)
        const sent = new StreamRecord(key, change, timestampMs, record.headers)
        const result = this.#context.forward(sent)
        if (isPromiseLike(result)) return this.#sendRest(result, windows, record)
      }
    } catch (error) {
      windows.return?.()
      throw error
    }
  }

  async #sendRest(
    pending: PromiseLike<void>,
    windows: Iterator<WindowedEntry<K, ValueAndTimestamp<V>>>,
    record: StreamRecord<K, unknown>,
  ): Promise<void> {
    try {
      await pending
    } catch (error) {
      windows.return?.()
      throw error
    }
    await this.#sendAll(windows, record)
  }
}
