import { type Awaitable, isPromiseLike } from '../../base/awaitable.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../processor/processor.ts'
import type { Change } from '../../record/change.ts'
import type { StreamRecord } from '../../record/stream-record.ts'
import type { Windowed } from '../../record/windowed.ts'
import type { SessionTableStore } from '../../state/session-table-store.ts'
import { valueAndTimestamp } from '../../state/timestamped-key-value-store.ts'
import type { WindowedEntry } from '../../state/window-store.ts'
import type { SessionWindows } from '../../time/session-windows.ts'
import { ClosedWindows, type WindowsByTime } from './closed-windows.ts'
import { NO_TIME, OwnTime } from './observed-time.ts'
import { StoredSessions, type StoredSessionsParts } from './stored-sessions.ts'

/** Joins the aggregates of two sessions that have become one; the first is what was joined so far. */
export type SessionMerger<K, A> = (key: K, aggregate: A, other: A) => A

export interface SessionAggregateParts<K, V, A> extends StoredSessionsParts<K, A> {
  readonly windows: SessionWindows
  /** Null where the first value of a session is its aggregate. */
  readonly init: () => A | null
  /** `aggregate` is what `init` or `merge` gave. */
  readonly add: (key: K, value: V, aggregate: A) => A | null
  /** `aggregate` is what `init` gave, or `merge` before. */
  readonly merge: SessionMerger<K, A>
  /** True for one of several operators that aggregate into one store: each goes by the event time of its own records. */
  readonly hasOwnTime?: boolean
}

/**
 * Keeps an aggregate of each key and session.
 *
 * - A record begins a session of its own time, and joins it with all those of its key within the gap: `init` once,
 *   then `merge` for each of them, the earliest first, then `add`. Each is taken out of the table before the new one
 *   comes, unless it is a session of the record's very time.
 * - The record is dropped, and counted, when the joined session has closed: event time, as this operator has seen
 *   it, is further behind its end than grace and gap. So a late record is kept when it joins a session that is open.
 * - A null key is dropped and counted; a null value is given to `add` as any other.
 * - The timestamp of a session is its end.
 * (Kafka Streams: `KStreamSessionWindowAggregate`)
 */
export function sessionAggregate<K, V, A>(
  parts: SessionAggregateParts<K, V, A>,
): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
  return () => new SessionAggregate(parts)
}

class SessionAggregate<K, V, A> implements Processor<K, V, Windowed<K>, Change<A>> {
  readonly holdsBackMs: number
  readonly #parts: SessionAggregateParts<K, V, A>
  // Set by init, which comes before the first record.
  #context!: ProcessorContext<Windowed<K>, Change<A>>
  #table!: StoredSessions<K, A>
  #ownTime: OwnTime | undefined
  #closed: ClosedWindows<K, A> | undefined
  /** Where event time has come without records. Told again after an abort or a restart. */
  #idleMs = -1

  constructor(parts: SessionAggregateParts<K, V, A>) {
    this.#parts = parts
    const { gapMs, graceMs } = parts.windows
    this.holdsBackMs = parts.emitsFinal ? gapMs + graceMs : 0
  }

  init(context: ProcessorContext<Windowed<K>, Change<A>>): void {
    this.#context = context
    this.#table = new StoredSessions(context, this.#parts)
    if (this.#parts.hasOwnTime === true) this.#ownTime = new OwnTime(context)
    if (!this.#parts.emitsFinal) return
    this.#closed = new ClosedWindows(context, sessionsByEnd(this.#table.store), {
      firstMs: (lastCloseMs) => lastCloseMs,
      lastMs: (closeMs) => closeMs - 1,
      mayHold: () => true,
    })
  }

  process(record: StreamRecord<K, V>): Awaitable<void> {
    const { key, timestampMs } = record
    if (key === null) {
      this.#context.recordDropped('null-key')
      return
    }
    const { init, merge, windows } = this.#parts
    const { gapMs, graceMs } = windows
    const closeMs = this.#observe(timestampMs) - graceMs - gapMs
    const joined = this.#table.store.sessionsAround(key, timestampMs - gapMs, timestampMs + gapMs)
    // A null of init is meant for the functions that belong to it.
    let aggregate = init() as A
    let startMs = timestampMs
    let endMs = timestampMs
    for (let i = 0; i < joined.length; i++) {
      const entry = joined[i]
      if (entry === undefined) continue
      const { window } = entry[0]
      aggregate = merge(key, aggregate, entry[1])
      if (window.startMs < startMs) startMs = window.startMs
      if (window.endMs > endMs) endMs = window.endMs
    }
    if (endMs < closeMs) {
      const streamTimeMs = closeMs + graceMs + gapMs
      this.#context.recordDropped('late', { window: { startMs, endMs }, streamTimeMs })
      return this.#closed?.send(closeMs, record)
    }
    const session = { key, window: { startMs, endMs } }
    const isSame = startMs === endMs
    return this.#replaceFrom(isSame ? joined.length : 0, joined, {
      record,
      session,
      aggregate,
      closeMs,
    })
  }

  advanceTime(timeMs: number): Awaitable<void> {
    const { gapMs, graceMs } = this.#parts.windows
    this.#idleMs = timeMs
    return this.#closed?.sendIdle(this.#observe(NO_TIME) - graceMs - gapMs)
  }

  flush(): Awaitable<void> {
    return this.#table.flush()
  }

  /** Event time: of the store, which has a session of each record that was not dropped, or of this operator alone. */
  #observe(timestampMs: number): number {
    // The store's own time goes on when the session is put, and not before its sessions are looked up.
    const { streamTimeMs } = this.#table.store
    const ownMs = this.#ownTime?.observe(timestampMs) ?? Math.max(streamTimeMs, timestampMs)
    return Math.max(ownMs, this.#idleMs)
  }

  /** Takes the sessions from that one on out of the table, and puts the new one into it. */
  #replaceFrom(
    index: number,
    joined: readonly WindowedEntry<K, A>[],
    update: Update<K, V, A>,
  ): Awaitable<void> {
    for (let i = index; i < joined.length; i++) {
      const entry = joined[i]
      if (entry === undefined) continue
      const result = this.#table.replace(entry[0], entry[1], update.record)
      if (isPromiseLike(result)) return this.#replaceRest(result, i + 1, joined, update)
    }
    const { record, session, aggregate, closeMs } = update
    const value = this.#parts.add(record.key, record.value, aggregate)
    const result = this.#table.put(session, value, record)
    // What is sent when it has closed is not forwarded here, so nothing has to be waited for.
    return this.#closed === undefined ? result : this.#closed.send(closeMs, record)
  }

  async #replaceRest(
    pending: PromiseLike<void>,
    next: number,
    joined: readonly WindowedEntry<K, A>[],
    update: Update<K, V, A>,
  ): Promise<void> {
    await pending
    await this.#replaceFrom(next, joined, update)
  }
}

interface Update<K, V, A> {
  readonly record: StreamRecord<K, V>
  readonly session: Windowed<K>
  /** Of the sessions that were joined. */
  readonly aggregate: A
  /** Sessions that ended before it have closed. */
  readonly closeMs: number
}

/** Sessions are sent by their ends, then by their starts and their keys. */
function sessionsByEnd<K, V>(store: SessionTableStore<K, V>): WindowsByTime<K, V> {
  return {
    name: store.name,
    *inOrder(fromMs, toMs) {
      for (const [session, value] of store.sessionsByEnd(fromMs, toMs)) {
        yield [session, valueAndTimestamp(value, session.window.endMs)] as const
      }
    },
  }
}
