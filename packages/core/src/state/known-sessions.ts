import type { Window } from '../record/windowed.ts'

/** A session that a store has. */
export class KnownSession {
  readonly window: Window
  /** The key of its row, as text. */
  readonly stored: string
  /** Its value, if that is known and cannot be changed by those who are given it. */
  primitive: unknown = undefined

  constructor(window: Window, stored: string) {
    this.window = window
    this.stored = stored
  }
}

/** The sessions of one key. */
export class SessionList {
  /** By their ends and then by their starts; some may have expired. */
  sessions: readonly KnownSession[]
  /** True: the store may have more of them, older ones. */
  isPartial: boolean
  /** The turn of {@link KnownSessions} in which it was last written to. */
  turn: number

  constructor(sessions: readonly KnownSession[], isPartial: boolean, turn: number) {
    this.sessions = sessions
    this.isPartial = isPartial
    this.turn = turn
  }

  find({ startMs, endMs }: Window): KnownSession | undefined {
    const { sessions } = this
    for (let i = 0; i < sessions.length; i++) {
      const one = sessions[i]
      if (one?.window.startMs === startMs && one.window.endMs === endMs) return one
    }
    return undefined
  }

  /** Adds one that {@link find} does not find. */
  add(added: KnownSession): void {
    this.sessions =
      this.sessions.length === 0 ? [added] : [...this.sessions, added].sort(byEndAndStart)
  }

  remove(removed: KnownSession): void {
    this.sessions =
      this.sessions.length === 1 ? NO_SESSIONS : this.sessions.filter((one) => one !== removed)
  }
}

export interface KnownSessionsParts {
  readonly retentionMs: number
  /** Of how many keys sessions are known; more are forgotten as a whole. */
  readonly maxKeys: number
}

const NO_SESSIONS: readonly never[] = []

/**
 * Which sessions a store has now, by key, in memory: an operator looks them up for each record, and an iteration
 * over the store costs more than all the rest.
 *
 * Semantics: {@link find} gives all sessions of a key that have not expired, and may be others, or undefined when
 * that is not known here and is to be read, and told with {@link learn}. Each write is told to the list of its key:
 * the one that {@link listOf} gives before a session is put.
 *
 * What is known: all that was written since {@link forget}. An older session has an end of `#unknownMs` at
 * most, so everything is known as soon as that time has expired. Until then a key is known once it has been read.
 *
 * Keys are in two generations, and one that is written to moves to the younger. When a retention has passed, the
 * older one is dropped: whatever is in it has expired.
 */
export class KnownSessions {
  readonly #parts: KnownSessionsParts
  #young = new Map<string, SessionList>()
  #old = new Map<string, SessionList>()
  #turn = 0
  #turnMs = -1
  #unknownMs = Infinity
  /** What was looked up last: a record has one key. */
  #lastKey: string | undefined
  #last: SessionList | undefined

  /** Knows nothing until {@link forget} has told it of how much. */
  constructor(parts: KnownSessionsParts) {
    this.#parts = parts
  }

  find(key: string, streamTimeMs: number): readonly KnownSession[] | undefined {
    const list = this.#lookUp(key)
    if (list?.isPartial === false) return list.sessions
    if (this.#unknownMs > streamTimeMs - this.#parts.retentionMs) return undefined
    return list?.sessions ?? NO_SESSIONS
  }

  /** `sessions`: all that the store has of the key and that have not expired. */
  learn(key: string, sessions: readonly KnownSession[], streamTimeMs: number): void {
    const list = this.listOf(key, streamTimeMs)
    list.sessions = sessions
    list.isPartial = false
  }

  /** The list that a session is put into; `streamTimeMs` is no less than its end. */
  listOf(key: string, streamTimeMs: number): SessionList {
    const known = this.#lookUp(key)
    if (known?.turn === this.#turn) return known
    this.#turnOver(streamTimeMs)
    const list = known ?? new SessionList(NO_SESSIONS, true, this.#turn)
    list.turn = this.#turn
    this.#old.delete(key)
    this.#young.set(key, list)
    if (this.#young.size + this.#old.size > this.#parts.maxKeys) this.forget(streamTimeMs)
    else this.#remember(key, list)
    return list
  }

  /** The list of a key, if there is one. */
  known(key: string): SessionList | undefined {
    return this.#lookUp(key)
  }

  /** What was told may not be true any more. `streamTimeMs`: the highest end in the store. */
  forget(streamTimeMs: number): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#turn++
    this.#turnMs = streamTimeMs
    this.#unknownMs = streamTimeMs
    this.#remember(undefined, undefined)
  }

  #lookUp(key: string): SessionList | undefined {
    if (key !== this.#lastKey) this.#remember(key, this.#young.get(key) ?? this.#old.get(key))
    return this.#last
  }

  #remember(key: string | undefined, list: SessionList | undefined): void {
    this.#lastKey = key
    this.#last = list
  }

  #turnOver(streamTimeMs: number): void {
    if (streamTimeMs < this.#turnMs + this.#parts.retentionMs) return
    this.#old = this.#young
    this.#young = new Map()
    this.#turn++
    this.#turnMs = streamTimeMs
    this.#remember(undefined, undefined)
  }
}

function byEndAndStart({ window: a }: KnownSession, { window: b }: KnownSession): number {
  return a.endMs - b.endMs || a.startMs - b.startMs
}
