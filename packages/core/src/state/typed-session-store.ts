import { assert } from '../base/assert.ts'
import { compareBytes } from '../base/bytes.ts'
import type { Windowed } from '../record/windowed.ts'
import type { Serde } from '../serde/serde.ts'
import { boundBehind } from './key-range.ts'
import { Segments, type SegmentSpans } from './segments.ts'
import {
  endOfSession,
  keyOfSession,
  sessionKey,
  sessionKeyLength,
  startOfSession,
  suffixBehind,
} from './session-key.ts'
import type { SessionTableStore } from './session-table-store.ts'
import type { StoreEnvironment } from './store-builder.ts'
import type { ValueCodec } from './buffered-rows.ts'
import type { WindowedEntry } from './window-store.ts'

export interface TypedSessionStoreParts<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly codec: ValueCodec<V>
  readonly spans: SegmentSpans
  readonly environment: StoreEnvironment
}

interface SessionRange {
  readonly earliestEndMs: number
  readonly latestStartMs: number
  readonly reverse: boolean
}

/** Sessions with their serdes, over the bytes of the transaction buffer. */
export class TypedSessionStore<K, V> implements SessionTableStore<K, V> {
  readonly name: string
  readonly #parts: TypedSessionStoreParts<K, V>
  readonly #topic: string
  readonly #segments: Segments

  constructor(parts: TypedSessionStoreParts<K, V>) {
    this.name = parts.name
    this.#parts = parts
    this.#topic = parts.environment.changelogTopic
    this.#segments = new Segments(parts.environment.buffer, parts.spans)
  }

  get streamTimeMs(): number {
    return this.#segments.streamTimeMs
  }

  put({ key, window: { startMs, endMs } }: Windowed<K>, aggregate: V | null): boolean {
    assert(
      Number.isSafeInteger(endMs) && startMs >= 0 && startMs <= endMs,
      `no session: ${startMs} to ${endMs}`,
    )
    const { codec, environment } = this.#parts
    const stored = aggregate === null ? null : codec.encode(aggregate)
    const writtenMs =
      aggregate === null ? environment.currentTimestampMs() : codec.timestampMs(aggregate)
    const storeKey = sessionKey(this.#bytesOf(key), startMs, endMs)
    return this.#segments.put(storeKey, endMs, stored, writtenMs)
  }

  remove(session: Windowed<K>): void {
    this.put(session, null)
  }

  replace(session: Windowed<K>): void {
    this.put(session, null)
  }

  sessionsAround(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): readonly WindowedEntry<K, V>[] {
    return [...this.findSessions(key, earliestEndMs, latestStartMs)]
  }

  sessionsThatEnd(fromMs: number, toMs: number): readonly WindowedEntry<K, V>[] {
    const sessions = this.#segments.scan<WindowedEntry<K, V>>({
      fromMs,
      toMs,
      reverse: false,
      withExpired: true,
      pick: (stored, value) => {
        const endMs = endOfSession(stored)
        return endMs < fromMs || endMs > toMs ? undefined : this.#entry(stored, value)
      },
    })
    return [...sessions].sort(
      ([{ window: a }], [{ window: b }]) => a.endMs - b.endMs || a.startMs - b.startMs,
    )
  }

  fetchSession(key: K, startMs: number, endMs: number): V | null {
    if (!(startMs >= 0 && endMs >= this.#segments.firstLiveMs)) return null
    const stored = this.#segments.get(sessionKey(this.#bytesOf(key), startMs, endMs), endMs)
    return stored === null ? null : this.#parts.codec.decode(stored)
  }

  findSessions(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowedEntry<K, V>> {
    return this.#sessionsOf(key, { earliestEndMs, latestStartMs, reverse: false })
  }

  backwardFindSessions(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowedEntry<K, V>> {
    return this.#sessionsOf(key, { earliestEndMs, latestStartMs, reverse: true })
  }

  findSessionsRange(
    keyFrom: K | null,
    keyTo: K | null,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowedEntry<K, V>> {
    return this.#sessions(keyFrom, keyTo, { earliestEndMs, latestStartMs, reverse: false })
  }

  backwardFindSessionsRange(
    keyFrom: K | null,
    keyTo: K | null,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowedEntry<K, V>> {
    return this.#sessions(keyFrom, keyTo, { earliestEndMs, latestStartMs, reverse: true })
  }

  fetch(key: K): IterableIterator<WindowedEntry<K, V>> {
    return this.findSessions(key, 0, Infinity)
  }

  backwardFetch(key: K): IterableIterator<WindowedEntry<K, V>> {
    return this.backwardFindSessions(key, 0, Infinity)
  }

  fetchRange(keyFrom: K | null, keyTo: K | null): IterableIterator<WindowedEntry<K, V>> {
    return this.findSessionsRange(keyFrom, keyTo, 0, Infinity)
  }

  backwardFetchRange(keyFrom: K | null, keyTo: K | null): IterableIterator<WindowedEntry<K, V>> {
    return this.backwardFindSessionsRange(keyFrom, keyTo, 0, Infinity)
  }

  #sessionsOf(
    key: K,
    { earliestEndMs, latestStartMs, reverse }: SessionRange,
  ): IterableIterator<WindowedEntry<K, V>> {
    const keyBytes = this.#bytesOf(key)
    const { streamTimeMs, firstLiveMs } = this.#segments
    const firstMs = Math.max(earliestEndMs, firstLiveMs)
    if (!(firstMs <= streamTimeMs)) return [].values()
    const length = sessionKeyLength(keyBytes)
    return this.#segments.scan<WindowedEntry<K, V>>({
      fromMs: firstMs,
      toMs: streamTimeMs,
      lower: sessionKey(keyBytes, 0, firstMs),
      upper: sessionKey(keyBytes, 0, streamTimeMs + 1),
      reverse,
      // A longer key may begin with this one and with what looks like a time.
      pick: (stored, value) =>
        stored.length === length && startOfSession(stored) <= latestStartMs
          ? this.#entry(stored, value)
          : undefined,
    })
  }

  #sessions(
    keyFrom: K | null,
    keyTo: K | null,
    { earliestEndMs, latestStartMs, reverse }: SessionRange,
  ): IterableIterator<WindowedEntry<K, V>> {
    const lower = keyFrom === null ? undefined : this.#bytesOf(keyFrom)
    const highest = keyTo === null ? undefined : this.#bytesOf(keyTo)
    const { streamTimeMs, firstLiveMs } = this.#segments
    const firstMs = Math.max(earliestEndMs, firstLiveMs)
    return this.#segments.scan<WindowedEntry<K, V>>({
      fromMs: firstMs,
      toMs: streamTimeMs,
      lower,
      upper: highest === undefined ? undefined : boundBehind(highest, suffixBehind(streamTimeMs)),
      reverse,
      pick: (stored, value) => {
        if (endOfSession(stored) < firstMs) return undefined
        if (startOfSession(stored) > latestStartMs) return undefined
        const keyBytes = keyOfSession(stored)
        if (lower !== undefined && compareBytes(keyBytes, lower) < 0) return undefined
        if (highest !== undefined && compareBytes(keyBytes, highest) > 0) return undefined
        return this.#entry(stored, value)
      },
    })
  }

  #entry(stored: Buffer, value: Uint8Array): WindowedEntry<K, V> {
    const key = this.#parts.key.deserialize(keyOfSession(stored), this.#topic)
    const window = { startMs: startOfSession(stored), endMs: endOfSession(stored) }
    return [{ key, window }, this.#parts.codec.decode(value)]
  }

  #bytesOf(key: K): Uint8Array {
    return this.#parts.key.serialize(key, this.#topic)
  }
}
