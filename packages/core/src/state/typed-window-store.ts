import { assert } from '../base/assert.ts'
import { compareBytes } from '../base/bytes.ts'
import type { Window, Windowed } from '../record/windowed.ts'
import type { Serde } from '../serde/serde.ts'
import { boundBehind } from './key-range.ts'
import { Segments, type SegmentSpans } from './segments.ts'
import type { StoreEnvironment } from './store-builder.ts'
import type { ValueCodec } from './buffered-rows.ts'
import {
  keyOfWindow,
  startOfWindow,
  suffixBehind,
  windowKey,
  windowKeyLength,
} from './window-key.ts'
import type { WindowedEntry, WindowEntry, WindowStore } from './window-store.ts'

export interface TypedWindowStoreParts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly codec: ValueCodec<V>
  readonly windowSizeMs: number
  readonly spans: SegmentSpans
  readonly retainDuplicates: boolean
  readonly environment: StoreEnvironment
}

interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
  readonly reverse: boolean
}

/** Windows with their serdes, over the bytes of the transaction buffer. */
export class TypedWindowStore<K, V> implements WindowStore<K, V> {
  readonly name: string
  readonly #parts: TypedWindowStoreParts<K, V>
  readonly #topic: string
  readonly #segments: Segments

  constructor(parts: TypedWindowStoreParts<K, V>) {
    this.name = parts.name
    this.#parts = parts
    this.#topic = parts.environment.changelogTopic
    this.#segments = new Segments(parts.environment.buffer, parts.spans)
  }

  /** See `WindowTableStore`. */
  observe(timestampMs: number): number {
    return this.#parts.environment.buffer.scalars.observeOperator(timestampMs)
  }

  windowAt(startMs: number): Window {
    return { startMs, endMs: startMs + this.#parts.windowSizeMs }
  }

  put(key: K, value: V | null, startMs: number): boolean {
    assert(Number.isSafeInteger(startMs) && startMs >= 0, `no start of a window: ${startMs}`)
    const { codec, environment, retainDuplicates } = this.#parts
    if (value === null && retainDuplicates) return true
    const { scalars } = environment.buffer
    const sequence = retainDuplicates ? scalars.nextSequence() : 0
    const stored = value === null ? null : codec.encode(value)
    const writtenMs = value === null ? environment.currentTimestampMs() : codec.timestampMs(value)
    const storeKey = windowKey(this.#bytesOf(key), startMs, sequence)
    return this.#segments.put(storeKey, startMs, stored, writtenMs)
  }

  fetch(key: K, startMs: number): V | null
  fetch(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<V>>
  fetch(key: K, fromMs: number, toMs?: number): V | null | IterableIterator<WindowEntry<V>> {
    if (toMs !== undefined) return this.#windowsOf(key, { fromMs, toMs, reverse: false })
    if (!(fromMs >= this.#segments.firstLiveMs)) return null
    const { codec, environment, retainDuplicates } = this.#parts
    // Of duplicates, the one that was written last of all is found, as in Kafka Streams.
    const sequence = retainDuplicates ? environment.buffer.scalars.sequence : 0
    const stored = this.#segments.get(windowKey(this.#bytesOf(key), fromMs, sequence), fromMs)
    return stored === null ? null : codec.decode(stored)
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

  #windowsOf(key: K, { fromMs, toMs, reverse }: TimeRange): IterableIterator<WindowEntry<V>> {
    const { codec } = this.#parts
    const keyBytes = this.#bytesOf(key)
    const firstMs = Math.max(fromMs, this.#segments.firstLiveMs)
    const lastMs = Math.min(toMs, this.#segments.streamTimeMs)
    if (!(firstMs <= lastMs)) return [].values()
    const length = windowKeyLength(keyBytes)
    return this.#segments.scan<WindowEntry<V>>({
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
    const lower = keyFrom === null ? undefined : this.#bytesOf(keyFrom)
    const highest = keyTo === null ? undefined : this.#bytesOf(keyTo)
    const { streamTimeMs, firstLiveMs } = this.#segments
    const firstMs = Math.max(fromMs, firstLiveMs)
    return this.#segments.scan<WindowedEntry<K, V>>({
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
        return [this.#windowed(keyBytes, startMs), this.#parts.codec.decode(value)]
      },
    })
  }

  #windowed(keyBytes: Buffer, startMs: number): Windowed<K> {
    const key = this.#parts.key.deserialize(keyBytes, this.#topic)
    return { key, window: this.windowAt(startMs) }
  }

  #bytesOf(key: K): Uint8Array {
    return this.#parts.key.serialize(key, this.#topic)
  }
}
