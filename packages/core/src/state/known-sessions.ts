import type { Window } from '../record/windowed.ts'

/** The sessions of one key, by their ends and then by their starts; some may have expired. */
class SessionList {
  sessions: readonly Window[]
  /** True: the store may have more of them, older ones. */
  isPartial: boolean

  constructor(sessions: readonly Window[], isPartial: boolean) {
    this.sessions = sessions
    this.isPartial = isPartial
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
 * that is not known here and is to be read, and told with {@link learn}. Each write is told with {@link add} and
 * {@link remove}.
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
  #turnMs = -1
  #unknownMs = Infinity

  /** Knows nothing until {@link forget} has told it of how much. */
  constructor(parts: KnownSessionsParts) {
    this.#parts = parts
  }

  find(key: string, streamTimeMs: number): readonly Window[] | undefined {
    const list = this.#young.get(key) ?? this.#old.get(key)
    if (list?.isPartial === false) return list.sessions
    if (this.#unknownMs > streamTimeMs - this.#parts.retentionMs) return undefined
    return list?.sessions ?? NO_SESSIONS
  }

  /** `sessions`: all that the store has of the key and that have not expired. */
  learn(key: string, sessions: readonly Window[], streamTimeMs: number): void {
    this.#put(key, sessions, false, streamTimeMs)
  }

  /** A session was written. */
  add(key: string, added: Window, streamTimeMs: number): void {
    const list = this.#young.get(key) ?? this.#old.get(key)
    const sessions = withSession(list?.sessions ?? NO_SESSIONS, added)
    this.#put(key, sessions, list?.isPartial ?? true, streamTimeMs)
  }

  /** A session was removed. */
  remove(key: string, removed: Window): void {
    const list = this.#young.get(key) ?? this.#old.get(key)
    if (list === undefined) return
    list.sessions =
      list.sessions.length === 1 && isSame(list.sessions[0], removed)
        ? NO_SESSIONS
        : list.sessions.filter((one) => !isSame(one, removed))
  }

  /** What was told may not be true any more. `streamTimeMs`: the highest end in the store. */
  forget(streamTimeMs: number): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#turnMs = streamTimeMs
    this.#unknownMs = streamTimeMs
  }

  #put(key: string, sessions: readonly Window[], isPartial: boolean, streamTimeMs: number): void {
    const known = this.#young.get(key)
    if (known !== undefined) {
      known.sessions = sessions
      known.isPartial = isPartial
      return
    }
    this.#turn(streamTimeMs)
    this.#old.delete(key)
    this.#young.set(key, new SessionList(sessions, isPartial))
    if (this.#young.size + this.#old.size > this.#parts.maxKeys) this.forget(streamTimeMs)
  }

  #turn(streamTimeMs: number): void {
    if (streamTimeMs < this.#turnMs + this.#parts.retentionMs) return
    this.#old = this.#young
    this.#young = new Map()
    this.#turnMs = streamTimeMs
  }
}

function withSession(sessions: readonly Window[], added: Window): readonly Window[] {
  if (sessions.length === 0) return [added]
  if (sessions.some((one) => isSame(one, added))) return sessions
  return [...sessions, added].sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs)
}

function isSame(one: Window | undefined, other: Window): boolean {
  return one?.startMs === other.startMs && one.endMs === other.endMs
}
