import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import { operatorContext, type OperatorTime } from '../../processor/operator-context.ts'
import type { ProcessorContext } from '../../processor/processor.ts'
import { Change } from '../../record/change.ts'
import { type Headers, NO_HEADERS } from '../../record/headers.ts'
import { StreamRecord } from '../../record/stream-record.ts'
import type { Windowed } from '../../record/windowed.ts'
import type { ValueAndTimestamp } from '../../state/key-value-store.ts'
import type { WindowedEntry } from '../../state/window-store.ts'
import type { WindowTableStore } from '../../state/window-table-store.ts'

/** Which windows close between two times. A window is known by its start, a session by its end. */
export interface ClosingRule {
  /** The first window that was not closed at that time. */
  firstMs(lastCloseMs: number): number
  /** The last window that is closed at that time; less than 0 when there is none. */
  lastMs(closeMs: number): number
  /** False when there can be no window from the one to the other. */
  mayHold(firstMs: number, lastMs: number): boolean
}

/** Where windows are found by that time which the rule speaks of. */
export interface WindowsByTime<K, V> {
  /** Of the store: how far windows were sent is kept under it. */
  readonly name: string
  /** Windows from the one time to the other, both included, in the order in which they are to be sent. */
  inOrder(fromMs: number, toMs: number): Iterator<WindowedEntry<K, ValueAndTimestamp<V>>>
  /** Those of times until then may expire: they have been sent. */
  release?(timeMs: number): void
}

/** Of a store of time windows that has an index by time: by their starts, then by their keys. */
export function windowsByStart<K, V>(store: WindowTableStore<K, V>): WindowsByTime<K, V> {
  return {
    name: store.name,
    inOrder: (fromMs, toMs) => store.fetchAll(fromMs, toMs),
    release(startMs) {
      store.release(startMs)
    },
  }
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
  readonly #windows: WindowsByTime<K, V>
  readonly #rule: ClosingRule
  readonly #intervalMs: number
  readonly #sent: OperatorTime
  #nextLookMs = 0

  constructor(
    context: ProcessorContext<Windowed<K>, Change<V>>,
    windows: WindowsByTime<K, V>,
    rule: ClosingRule,
  ) {
    const runtime = operatorContext(context)
    this.#context = context
    this.#windows = windows
    this.#rule = rule
    this.#intervalMs = runtime.emitIntervalMs
    this.#sent = runtime.operatorTime(windows.name)
    const { ms: lastMs } = this.#sent
    windows.release?.(lastMs < 0 ? -1 : rule.lastMs(lastMs))
  }

  /** Sends what has closed until `closeMs`, if it is time to look for it. */
  send(closeMs: number, record: StreamRecord<K, unknown>): Awaitable<void> {
    const nowMs = this.#context.currentSystemTimeMs
    if (nowMs < this.#nextLookMs) return
    this.#nextLookMs = nowMs + this.#intervalMs
    return this.#sendUntil(closeMs, record.headers)
  }

  /** The same without a record, whenever the last look was: no record may be near that would have one. */
  sendIdle(closeMs: number): Awaitable<void> {
    this.#nextLookMs = this.#context.currentSystemTimeMs + this.#intervalMs
    return this.#sendUntil(closeMs, NO_HEADERS)
  }

  #sendUntil(closeMs: number, headers: Headers): Awaitable<void> {
    const { ms: lastMs } = this.#sent
    if (lastMs >= closeMs) return
    const toMs = this.#rule.lastMs(closeMs)
    if (toMs < 0) return
    const fromMs = lastMs < 0 ? 0 : this.#rule.firstMs(lastMs)
    if (lastMs >= 0 && !this.#rule.mayHold(fromMs, toMs)) return
    // Noted first: who sends is not asked again while a record is on its way.
    this.#sent.ms = closeMs
    const result = this.#sendAll(this.#windows.inOrder(fromMs, toMs), headers)
    if (isPromiseLike(result)) return this.#releaseLater(result, toMs)
    this.#windows.release?.(toMs)
  }

  async #releaseLater(pending: PromiseLike<void>, timeMs: number): Promise<void> {
    await pending
    this.#windows.release?.(timeMs)
  }

  #sendAll(
    windows: Iterator<WindowedEntry<K, ValueAndTimestamp<V>>>,
    headers: Headers,
  ): Awaitable<void> {
    try {
      for (let next = windows.next(); next.done !== true; next = windows.next()) {
        const [key, { value, timestampMs }] = next.value
        const change = new Change(value, null)
        const sent = new StreamRecord(key, change, timestampMs, headers)
        const result = this.#context.forward(sent)
        if (isPromiseLike(result)) return this.#sendRest(result, windows, headers)
      }
    } catch (error) {
      windows.return?.()
      throw error
    }
  }

  async #sendRest(
    pending: PromiseLike<void>,
    windows: Iterator<WindowedEntry<K, ValueAndTimestamp<V>>>,
    headers: Headers,
  ): Promise<void> {
    try {
      await pending
    } catch (error) {
      windows.return?.()
      throw error
    }
    await this.#sendAll(windows, headers)
  }
}
