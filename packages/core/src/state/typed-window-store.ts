import type { Awaitable } from '../base/awaitable.ts'
import { assert } from '../base/assert.ts'
import { compareBytes } from '../base/bytes.ts'
import type { Window, Windowed } from '../record/windowed.ts'
import type { ValueCodec } from './buffered-rows.ts'
import type { BufferedWrite } from './buffered-write.ts'
import type { HeldChange } from './cached-store.ts'
import { boundBehind } from './key-range.ts'
import type { UpdateCause } from './record-cache.ts'
import { RowsByTime, type RowsByTimeParts, type Times } from './rows-by-time.ts'
import {
  keyOfWindow,
  startOfWindow,
  startOfWindowText,
  suffixBehind,
  WINDOW_TIME_BYTES,
  windowKey,
  windowKeyLength,
  windowText,
} from './window-key.ts'
import type { WindowedEntry, WindowEntry, WindowStore } from './window-store.ts'

export interface TypedWindowStoreParts<K, V> extends RowsByTimeParts<K, V> {
  readonly name: string
  readonly windowSizeMs: number
  readonly retainDuplicates: boolean
}

interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
  readonly reverse: boolean
}

/** Starts of windows whose texts are kept: those of a store that is written in the order of time are few. */
const MOST_TIMES = 1024

/** Windows with their serdes, over the bytes of the transaction buffer. */
export class TypedWindowStore<K, V> implements WindowStore<K, V> {
  readonly name: string
  readonly #parts: TypedWindowStoreParts<K, V>
  readonly #codec: ValueCodec<V>
  readonly #rows: RowsByTime<K, V>
  readonly #times = new Map<number, Times>()
  #lastTimes: Times | undefined
  #lastStartMs = -1

  constructor(parts: TypedWindowStoreParts<K, V>) {
    this.name = parts.name
    this.#parts = parts
    this.#codec = parts.codec
    this.#rows = new RowsByTime(parts)
  }

  // What the operator of a windowed table sees (WindowTableStore).

  get isCached(): boolean {
    return this.#rows.rows.isCached
  }

  observe(timestampMs: number): number {
    return this.#parts.environment.buffer.scalars.observeOperator(timestampMs)
  }

  windowAt(startMs: number): Window {
    return { startMs, endMs: startMs + this.#parts.windowSizeMs }
  }

  putHeld(key: K, value: V | null, startMs: number, cause: UpdateCause): void {
    if (!this.#rows.segments.admit(startMs)) return
    this.#rows.select(key, this.#timesOf(startMs))
    this.#rows.hold(value, cause)
  }

  getForwarded({ key, window }: Windowed<K>): V | null {
    this.#rows.select(key, this.#timesOf(window.startMs))
    return this.#rows.rows.getForwarded()
  }

  onFlush(
    sendOldValues: boolean,
    forward: (change: HeldChange<Windowed<K>, V>) => Awaitable<void>,
  ): void {
    this.#rows.rows.onFlush(sendOldValues, (write) => this.#windowedOf(write), forward)
  }

  flush(): Awaitable<void> {
    return this.#rows.rows.flush()
  }

  release(startMs: number): void {
    this.#rows.segments.release(startMs)
  }

  // What everybody sees.

  put(key: K, value: V | null, startMs: number): boolean {
    assert(Number.isSafeInteger(startMs) && startMs >= 0, `no start of a window: ${startMs}`)
    if (this.#parts.retainDuplicates) return this.#putDuplicate(key, value, startMs)
    if (!this.#rows.segments.admit(startMs)) return false
    this.#rows.select(key, this.#timesOf(startMs))
    this.#rows.put(value)
    return true
  }

  fetch(key: K, startMs: number): V | null
  fetch(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<V>>
  fetch(key: K, fromMs: number, toMs?: number): V | null | IterableIterator<WindowEntry<V>> {
    if (toMs !== undefined) return this.#windowsOf(key, { fromMs, toMs, reverse: false })
    if (!(fromMs >= this.#rows.segments.firstLiveMs)) return null
    if (this.#parts.retainDuplicates) return this.#fetchDuplicate(key, fromMs)
    this.#rows.select(key, this.#timesOf(fromMs))
    return this.#rows.get()
  }

  backwardFetch(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<V>> {
    return this.#windowsOf(key, { fromMs, toMs, reverse: true })
  }

  fetchRange(
    keyFrom: K | null,
    keyTo: K | null,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowedEntry<K, V>> {
    return this.#windows(keyFrom, keyTo, { fromMs, toMs, reverse: false })
  }

  backwardFetchRange(
    keyFrom: K | null,
    keyTo: K | null,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowedEntry<K, V>> {
    return this.#windows(keyFrom, keyTo, { fromMs, toMs, reverse: true })
  }

  fetchAll(fromMs: number, toMs: number): IterableIterator<WindowedEntry<K, V>> {
    return this.#windows(null, null, { fromMs, toMs, reverse: false })
  }

  backwardFetchAll(fromMs: number, toMs: number): IterableIterator<WindowedEntry<K, V>> {
    return this.#windows(null, null, { fromMs, toMs, reverse: true })
  }

  all(): IterableIterator<WindowedEntry<K, V>> {
    return this.fetchAll(0, Infinity)
  }

  backwardAll(): IterableIterator<WindowedEntry<K, V>> {
    return this.backwardFetchAll(0, Infinity)
  }

  #putDuplicate(key: K, value: V | null, startMs: number): boolean {
    if (value === null) return true
    const sequence = this.#parts.environment.buffer.scalars.nextSequence()
    const storeKey = windowKey(this.#bytesOf(key), startMs, sequence)
    const stored = this.#codec.encode(value)
    return this.#rows.segments.put(storeKey, startMs, stored, this.#codec.timestampMs(value))
  }

  /** The one that was written last of all, as in Kafka Streams. */
  #fetchDuplicate(key: K, startMs: number): V | null {
    const { sequence } = this.#parts.environment.buffer.scalars
    const storeKey = windowKey(this.#bytesOf(key), startMs, sequence)
    const stored = this.#rows.segments.get(storeKey, startMs)
    return stored === null ? null : this.#codec.decode(stored)
  }

  #timesOf(startMs: number): Times {
    if (startMs === this.#lastStartMs && this.#lastTimes !== undefined) return this.#lastTimes
    let times = this.#times.get(startMs)
    if (times === undefined) {
      if (this.#times.size === MOST_TIMES) this.#times.clear()
      times = this.#rows.times(windowText(startMs), startMs)
      this.#times.set(startMs, times)
    }
    this.#lastStartMs = startMs
    this.#lastTimes = times
    return times
  }

  #windowsOf(key: K, { fromMs, toMs, reverse }: TimeRange): IterableIterator<WindowEntry<V>> {
    const codec = this.#codec
    const keyBytes = this.#bytesOf(key)
    const firstMs = Math.max(fromMs, this.#rows.segments.firstLiveMs)
    const lastMs = Math.min(toMs, this.#rows.segments.streamTimeMs)
    if (!(firstMs <= lastMs)) return [].values()
    const length = windowKeyLength(keyBytes)
    return this.#rows.segments.scan<WindowEntry<V>>({
      fromMs: firstMs,
      toMs: lastMs,
      lower: windowKey(keyBytes, firstMs, 0),
      upper: windowKey(keyBytes, lastMs + 1, 0),
      reverse,
      // A longer key may begin with this one and with what looks like a time.
      pick: (stored, value) =>
        stored.length === length ? [startOfWindow(stored), codec.decode(value)] : undefined,
    })
  }

  #windows(
    keyFrom: K | null,
    keyTo: K | null,
    { fromMs, toMs, reverse }: TimeRange,
  ): IterableIterator<WindowedEntry<K, V>> {
    const isOrderedByTime = this.#parts.spans.indexTimeBytes !== undefined
    if (isOrderedByTime && keyFrom === null && keyTo === null) {
      return this.#rows.segments.scanByTime<WindowedEntry<K, V>>({
        fromMs,
        toMs,
        reverse,
        pick: (stored, value) => [
          this.#windowed(keyOfWindow(stored), startOfWindow(stored)),
          this.#codec.decode(value),
        ],
      })
    }
    const lower = keyFrom === null ? undefined : this.#bytesOf(keyFrom)
    const highest = keyTo === null ? undefined : this.#bytesOf(keyTo)
    const { streamTimeMs, firstLiveMs } = this.#rows.segments
    const firstMs = Math.max(fromMs, firstLiveMs)
    return this.#rows.segments.scan<WindowedEntry<K, V>>({
      fromMs: firstMs,
      toMs,
      lower,
      upper: highest === undefined ? undefined : boundBehind(highest, suffixBehind(streamTimeMs)),
      reverse,
      pick: (stored, value) => {
        const startMs = startOfWindow(stored)
        if (startMs < firstMs || startMs > toMs) return undefined
        const keyBytes = keyOfWindow(stored)
        if (lower !== undefined && compareBytes(keyBytes, lower) < 0) return undefined
        if (highest !== undefined && compareBytes(keyBytes, highest) > 0) return undefined
        return [this.#windowed(keyBytes, startMs), this.#codec.decode(value)]
      },
    })
  }

  #windowed(keyBytes: Buffer, startMs: number): Windowed<K> {
    return { key: this.#rows.keys.keyOfBytes(keyBytes), window: this.windowAt(startMs) }
  }

  #windowedOf(write: BufferedWrite): Windowed<K> {
    const window = this.windowAt(startOfWindowText(write.mapKey))
    return { key: this.#rows.keyOf(write, WINDOW_TIME_BYTES), window }
  }

  #bytesOf(key: K): Uint8Array {
    return this.#rows.keys.bytesOf(key)
  }
}
