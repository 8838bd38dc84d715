import type { ReplayModel } from './replay-bed.testkit.ts'

type Text = string | null

export interface SessionRules {
  readonly gapMs: number
  readonly graceMs: number
  /** True: sessions are sent when they close. */
  readonly emitsFinal: boolean
  /** True: changes are held back until a commit. */
  readonly isCached: boolean
  /** How many operators share the table, each of which has a time of its own. */
  readonly inputs: number
}

export interface SessionRecord {
  readonly key: Text
  readonly value: Text
  readonly timestampMs: number
  /** True: the operator fails on the record, which is dropped. */
  readonly fails: boolean
  /** Which of the operators it is for. */
  readonly input: number
}

/** key@start/end, value, timestamp */
export type SessionOutput = readonly [string, Text, number]

interface Session {
  readonly key: string
  readonly startMs: number
  readonly endMs: number
  readonly value: string
}

/** Shorter ones are not made; see `Stores.defaultSegmentInterval` in Kafka Streams. */
const MIN_SEGMENT_MS = 60_000

/**
 * The rules of sessions (Kafka Streams: `KStreamSessionWindowAggregate`), with all sessions in one list that is
 * looked through for each record. An aggregate is the text of what went in; one that has an x deletes the session.
 */
export class SessionModel implements ReplayModel<SessionRecord, SessionOutput> {
  readonly #rules: SessionRules
  #sessions: readonly Session[] = []
  /** Highest end that was written: it decides what has expired. */
  #storeMs = -1
  /** Highest time of each operator: it decides what is late. */
  #operatorMs: readonly number[]
  #sentMs = -1
  /** What is held back, in the order of the last changes, and the names of the sessions that were there before. */
  #held = new Map<string, SessionOutput>()
  #told: ReadonlySet<string> = new Set()

  constructor(rules: SessionRules) {
    this.#rules = rules
    this.#operatorMs = Array.from({ length: rules.inputs }, () => -1)
  }

  copy(): SessionModel {
    const copy = new SessionModel(this.#rules)
    copy.#sessions = this.#sessions
    copy.#storeMs = this.#storeMs
    copy.#operatorMs = this.#operatorMs
    copy.#sentMs = this.#sentMs
    copy.#held = new Map(this.#held)
    copy.#told = this.#told
    return copy
  }

  commit(): readonly SessionOutput[] {
    const out = [...this.#held.values()].filter(
      ([name, value]) => value !== null || this.#told.has(name),
    )
    this.#held = new Map()
    this.#told = new Set(this.#sessions.map(nameOf))
    return out
  }

  update(record: SessionRecord): readonly SessionOutput[] {
    const out = this.#update(record)
    if (!this.#rules.isCached) return out
    for (const change of out) {
      this.#held.delete(change[0])
      this.#held.set(change[0], change)
    }
    return []
  }

  #update(record: SessionRecord): readonly SessionOutput[] {
    const { key, timestampMs, input } = record
    if (key === null || record.fails) return []
    const { gapMs, graceMs, emitsFinal } = this.#rules
    this.#operatorMs = this.#operatorMs.map((ms, i) =>
      i === input ? Math.max(ms, timestampMs) : ms,
    )
    const closeMs = (this.#operatorMs[input] ?? 0) - gapMs - graceMs
    const joined = this.#sessions
      .filter((session) => session.key === key && this.#isLive(session))
      .filter(
        ({ startMs, endMs }) => endMs >= timestampMs - gapMs && startMs <= timestampMs + gapMs,
      )
      .sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs)
    const startMs = Math.min(timestampMs, ...joined.map((session) => session.startMs))
    const endMs = Math.max(timestampMs, ...joined.map((session) => session.endMs))
    const out: SessionOutput[] = []
    if (endMs >= closeMs) {
      const parts = joined.reduce((all, { value }) => `[${all}|${value}]`, '')
      const made = { key, startMs, endMs, value: `${parts}${record.value ?? 'null'}` }
      out.push(...this.#replace(startMs === endMs ? [] : joined, made))
    }
    return emitsFinal ? this.#close(closeMs) : out
  }

  #replace(joined: readonly Session[], made: Session): readonly SessionOutput[] {
    const value = made.value.includes('x') ? null : made.value
    const isSame = ({ key, startMs, endMs }: Session): boolean =>
      key === made.key && startMs === made.startMs && endMs === made.endMs
    this.#sessions = this.#sessions.filter((one) => !joined.includes(one) && !isSame(one))
    if (value !== null) this.#sessions = [...this.#sessions, made]
    this.#storeMs = Math.max(this.#storeMs, made.endMs)
    this.#sessions = this.#sessions.filter((session) => !this.#isDropped(session))
    const replaced = joined.map((session): SessionOutput => [nameOf(session), null, session.endMs])
    // What cannot be stored any more is forwarded all the same, but cannot be held back.
    if (this.#rules.isCached && this.#isDropped(made)) return replaced
    return [...replaced, [nameOf(made), value, made.endMs]]
  }

  #close(closeMs: number): readonly SessionOutput[] {
    if (this.#sentMs >= closeMs || closeMs <= 0) return []
    const fromMs = Math.max(0, this.#sentMs)
    this.#sentMs = closeMs
    return this.#sessions
      .filter(({ endMs }) => endMs >= fromMs && endMs < closeMs)
      .sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs || (a.key < b.key ? -1 : 1))
      .map((session) => [nameOf(session), session.value, session.endMs])
  }

  get #retentionMs(): number {
    return this.#rules.gapMs + this.#rules.graceMs
  }

  #isLive({ endMs }: Session): boolean {
    return endMs > this.#storeMs - this.#retentionMs
  }

  #isDropped({ endMs }: Session): boolean {
    const segmentMs = Math.max(Math.floor(this.#retentionMs / 2), MIN_SEGMENT_MS)
    const firstMs = Math.max(0, this.#storeMs - this.#retentionMs)
    return Math.floor(endMs / segmentMs) < Math.floor(firstMs / segmentMs)
  }
}

function nameOf({ key, startMs, endMs }: Session): string {
  return `${key}@${startMs}/${endMs}`
}
