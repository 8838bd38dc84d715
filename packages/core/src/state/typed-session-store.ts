import type { Awaitable } from '../base/awaitable.ts'
import { assert } from '../base/assert.ts'
import { compareBytes } from '../base/bytes.ts'
import type { Window, Windowed } from '../record/windowed.ts'
import type { BufferedWrite } from './buffered-write.ts'
import type { HeldChange } from './cached-store.ts'
import { boundBehind } from './key-range.ts'
import { KnownSession, KnownSessions } from './known-sessions.ts'
import type { UpdateCause } from './record-cache.ts'
import { RowsByTime, type RowsByTimeParts, type Times } from './rows-by-time.ts'
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
    const sessions = this.#sessionsOfKey(key)
    for (let i = 0; i < sessions.length; i++) {
      const known = sessions[i]
      if (known === undefined) continue
      const { window } = known
      if (window.endMs < firstMs || window.startMs > latestStartMs) continue
      const value = this.#valueOf(known)
      if (value === null) continue
      const entry: WindowedEntry<K, V> = [{ key, window }, value]
      if (entries === undefined) entries = [entry]
      else entries.push(entry)
    }
    return entries ?? NO_ENTRIES
  }

  replace(session: Windowed<K>): void {
    this.#selectRemoved(session)
    if (!this.#rows.drop()) this.#rows.put(null)
  }

  replaceHeld(session: Windowed<K>, cause: UpdateCause): void {
    this.#selectRemoved(session)
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

  #write(session: Windowed<K>, value: V | null, cause: UpdateCause | undefined): boolean {
    this.#sync()
    const { segments } = this.#rows
    const { key, window } = session
    const text = this.#rows.textOf(key)
    // What is neither known nor expired is not there.
    const isFresh =
      this.#known.find(text, segments.streamTimeMs) !== undefined &&
      window.endMs >= segments.firstLiveMs &&
      this.#known.known(text)?.find(window) === undefined
    if (!segments.admit(window.endMs)) return false
    if (value === null) this.#selectRemoved(session)
    else this.#selectAdded(text, session, value)
    if (cause === undefined) this.#rows.put(value, isFresh)
    else this.#rows.hold(value, cause, isFresh)
    return true
  }

  #selectAdded(text: string, { key, window }: Windowed<K>, value: V): void {
    const list = this.#known.listOf(text, this.#rows.segments.streamTimeMs)
    let known = list.find(window)
    if (known === undefined) {
      known = new KnownSession(window, this.#rows.storedText(key, this.#timesOf(window)))
      list.add(known)
    }
    known.primitive = this.#parts.codec.primitives?.fits(value) === true ? value : undefined
    this.#rows.selectStored(known.stored)
  }

  #selectRemoved({ key, window }: Windowed<K>): void {
    const list = this.#known.known(this.#rows.textOf(key))
    const known = list?.find(window)
    if (known !== undefined) list?.remove(known)
    this.#rows.selectStored(known?.stored ?? this.#rows.storedText(key, this.#timesOf(window)))
  }

  /** All that have not expired, and may be others. */
  #sessionsOfKey(key: K): readonly KnownSession[] {
    this.#sync()
    const { streamTimeMs } = this.#rows.segments
    const text = this.#rows.textOf(key)
    const known = this.#known.find(text, streamTimeMs)
    if (known !== undefined) return known
    const read = this.#read(key)
    this.#known.learn(text, read, streamTimeMs)
    return read
  }

  #valueOf({ stored, primitive }: KnownSession): V | null {
    if (primitive !== undefined) return primitive as V // of this store, see #selectAdded
    this.#rows.selectStored(stored)
    return this.#rows.get()
  }

  #read(key: K): readonly KnownSession[] {
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
    return [...found].map(
      (window) => new KnownSession(window, this.#rows.storedText(key, this.#timesOf(window))),
    )
  }

  #sync(): void {
    const { generation } = this.#parts.environment.buffer
    if (generation === this.#generation) return
    this.#generation = generation
    this.#known.forget(this.#rows.segments.streamTimeMs)
  }

  #select(key: K, window: Window): void {
    this.#rows.select(key, this.#timesOf(window))
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

  #timesOf({ startMs, endMs }: Window): Times {
    return this.#rows.times(sessionText(startMs, endMs), endMs)
  }
}
