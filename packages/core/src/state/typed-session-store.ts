import type { Awaitable } from '../base/awaitable.ts'
import { assert } from '../base/assert.ts'
import { compareBytes } from '../base/bytes.ts'
import type { Window, Windowed } from '../record/windowed.ts'
import type { BufferedWrite } from './buffered-write.ts'
import type { HeldChange } from './cached-store.ts'
import { boundBehind } from './key-range.ts'
import { KnownSessions } from './known-sessions.ts'
import type { UpdateCause } from './record-cache.ts'
import { RowsByTime, type RowsByTimeParts } from './rows-by-time.ts'
import {
  endOfSession,
  keyOfSession,
  SESSION_TIME_BYTES,
  sessionKey,
  sessionKeyLength,
  sessionOfText,
  sessionText,
  startOfSession,
  suffixBehind,
} from './session-key.ts'
import type { SessionTableStore } from './session-table-store.ts'
import type { WindowedEntry } from './window-store.ts'

export interface TypedSessionStoreParts<K, V> extends RowsByTimeParts<K, V> {
  readonly name: string
}

interface SessionRange {
  readonly earliestEndMs: number
  readonly latestStartMs: number
  readonly reverse: boolean
}

const NO_ENTRIES: readonly never[] = []
/** Of each store of a task: some 20 MB when each has a session. */
const MAX_KNOWN_KEYS = 100_000

/** Sessions with their serdes, over the bytes of the transaction buffer. */
export class TypedSessionStore<K, V> implements SessionTableStore<K, V> {
  readonly name: string
  readonly #parts: TypedSessionStoreParts<K, V>
  readonly #rows: RowsByTime<K, V>
  readonly #known: KnownSessions
  /** Of the buffer, when the known sessions were those in it. */
  #generation = -1

  constructor(parts: TypedSessionStoreParts<K, V>) {
    this.name = parts.name
    this.#parts = parts
    this.#rows = new RowsByTime(parts)
    const { retentionMs } = parts.spans
    this.#known = new KnownSessions({ retentionMs, maxKeys: MAX_KNOWN_KEYS })
  }

  // What the operator of a table by sessions sees (SessionTableStore).

  get isCached(): boolean {
    return this.#rows.rows.isCached
  }

  get streamTimeMs(): number {
    return this.#rows.segments.streamTimeMs
  }

  sessionsAround(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): readonly WindowedEntry<K, V>[] {
    const firstMs = Math.max(earliestEndMs, this.#rows.segments.firstLiveMs)
    let entries: WindowedEntry<K, V>[] | undefined
    for (const window of this.#sessionsOfKey(key)) {
      if (window.endMs < firstMs || window.startMs > latestStartMs) continue
      this.#select(key, window)
      const value = this.#rows.get()
      if (value !== null) (entries ??= []).push([{ key, window }, value])
    }
    return entries ?? NO_ENTRIES
  }

  replace({ key, window }: Windowed<K>): void {
    this.#known.remove(this.#rows.textOf(key), window)
    this.#select(key, window)
    if (!this.#rows.drop()) this.#rows.put(null)
  }

  replaceHeld({ key, window }: Windowed<K>, cause: UpdateCause): void {
    this.#known.remove(this.#rows.textOf(key), window)
    this.#select(key, window)
    if (!this.#rows.drop()) this.#rows.hold(null, cause)
  }

  putHeld(session: Windowed<K>, value: V | null, cause: UpdateCause): void {
    this.#write(session, value, cause)
  }

  getForwarded({ key, window }: Windowed<K>): V | null {
    this.#select(key, window)
    return this.#rows.rows.getForwarded()
  }

  onFlush(
    sendOldValues: boolean,
    forward: (change: HeldChange<Windowed<K>, V>) => Awaitable<void>,
  ): void {
    this.#rows.rows.onFlush(sendOldValues, (write) => this.#sessionOf(write), forward)
  }

  flush(): Awaitable<void> {
    return this.#rows.rows.flush()
  }

  sessionsByEnd(fromMs: number, toMs: number): IterableIterator<WindowedEntry<K, V>> {
    return this.#rows.segments.scanByTime<WindowedEntry<K, V>>({
      fromMs,
      toMs,
      reverse: false,
      withExpired: true,
      pick: (stored, value) => this.#entry(stored, value),
    })
  }

  // What everybody sees.

  put(session: Windowed<K>, aggregate: V | null): boolean {
    const { startMs, endMs } = session.window
    assert(
      Number.isSafeInteger(endMs) && startMs >= 0 && startMs <= endMs,
      `no session: ${startMs} to ${endMs}`,
    )
    return this.#write(session, aggregate, undefined)
  }

  remove(session: Windowed<K>): void {
    this.put(session, null)
  }

  fetchSession(key: K, startMs: number, endMs: number): V | null {
    if (!(startMs >= 0 && endMs >= this.#rows.segments.firstLiveMs)) return null
    this.#select(key, { startMs, endMs })
    return this.#rows.get()
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
    const { streamTimeMs, firstLiveMs } = this.#rows.segments
    const firstMs = Math.max(earliestEndMs, firstLiveMs)
    if (!(firstMs <= streamTimeMs)) return [].values()
    const length = sessionKeyLength(keyBytes)
    return this.#rows.segments.scan<WindowedEntry<K, V>>({
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
    const { streamTimeMs, firstLiveMs } = this.#rows.segments
    const firstMs = Math.max(earliestEndMs, firstLiveMs)
    return this.#rows.segments.scan<WindowedEntry<K, V>>({
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

  #write({ key, window }: Windowed<K>, value: V | null, cause: UpdateCause | undefined): boolean {
    this.#sync()
    const { segments } = this.#rows
    const text = this.#rows.textOf(key)
    // What is neither known nor expired is not there.
    const known = this.#known.find(text, segments.streamTimeMs)
    const isFresh =
      known !== undefined &&
      window.endMs >= segments.firstLiveMs &&
      !known.some(({ startMs, endMs }) => startMs === window.startMs && endMs === window.endMs)
    if (!segments.admit(window.endMs)) return false
    if (value === null) this.#known.remove(text, window)
    else this.#known.add(text, window, segments.streamTimeMs)
    this.#select(key, window)
    if (cause === undefined) this.#rows.put(value, isFresh)
    else this.#rows.hold(value, cause, isFresh)
    return true
  }

  /** All that have not expired, and may be others. */
  #sessionsOfKey(key: K): readonly Window[] {
    this.#sync()
    const { streamTimeMs } = this.#rows.segments
    const text = this.#rows.textOf(key)
    const known = this.#known.find(text, streamTimeMs)
    if (known !== undefined) return known
    const read = this.#read(key)
    this.#known.learn(text, read, streamTimeMs)
    return read
  }

  #read(key: K): readonly Window[] {
    const keyBytes = this.#rows.keys.bytesOf(key)
    const { streamTimeMs, firstLiveMs } = this.#rows.segments
    if (!(firstLiveMs <= streamTimeMs)) return NO_ENTRIES
    const length = sessionKeyLength(keyBytes)
    const found = this.#rows.segments.scan<Window>({
      fromMs: firstLiveMs,
      toMs: streamTimeMs,
      lower: sessionKey(keyBytes, 0, firstLiveMs),
      upper: sessionKey(keyBytes, 0, streamTimeMs + 1),
      reverse: false,
      pick: (stored) =>
        stored.length === length
          ? { startMs: startOfSession(stored), endMs: endOfSession(stored) }
          : undefined,
    })
    return [...found]
  }

  #sync(): void {
    const { generation } = this.#parts.environment.buffer
    if (generation === this.#generation) return
    this.#generation = generation
    this.#known.forget(this.#rows.segments.streamTimeMs)
  }

  #select(key: K, { startMs, endMs }: Window): void {
    this.#rows.select(key, this.#rows.times(sessionText(startMs, endMs), endMs))
  }

  #sessionOf(write: BufferedWrite): Windowed<K> {
    const key = this.#rows.keyOf(write, SESSION_TIME_BYTES)
    return { key, window: sessionOfText(write.mapKey) }
  }

  #entry(stored: Buffer, value: Uint8Array): WindowedEntry<K, V> {
    const key = this.#rows.keys.keyOfBytes(keyOfSession(stored))
    const window = { startMs: startOfSession(stored), endMs: endOfSession(stored) }
    return [{ key, window }, this.#parts.codec.decode(value)]
  }

  #bytesOf(key: K): Uint8Array {
    return this.#rows.keys.bytesOf(key)
  }
}
