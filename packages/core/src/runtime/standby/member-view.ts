import type { MemberRecord } from './member-record.ts'
import type { Members, MemberTasks } from './placement.ts'

/** Heartbeats of this member without a word of another until that one is taken as gone. */
export const GONE_AFTER_BEATS = 5

/** What a record changed. */
export interface Heard {
  /** The view is another one: decide again. */
  readonly isNews: boolean
  /** Somebody does not know this member: it should speak now, not with the next heartbeat. */
  readonly wantsAnswer: boolean
}

interface Seen {
  readonly record: MemberRecord
  /** This member's last heartbeat before it in the log. */
  readonly heardAtBeat: number
}

/**
 * What this member has read of the others, and whether they are still there.
 *
 * Semantics: the clock is this member's own heartbeats *as they come back from the log*. A member is gone
 * when {@link GONE_AFTER_BEATS} of them were read since its last record. So no other clock is looked at,
 * and while this process stands still or the broker is away, time does not pass: nobody is taken as
 * gone because nobody could be heard.
 */
export class MemberView {
  readonly #instanceId: string
  readonly #session: string
  readonly #others = new Map<string, Seen>()
  #beat = -1

  constructor(instanceId: string, session: string) {
    this.#instanceId = instanceId
    this.#session = session
  }

  /**
   * True when the others had a heartbeat's time to be heard. Before that the view is empty, and a
   * decision about it would be about nothing.
   */
  get isSettled(): boolean {
    return this.#beat >= 1
  }

  /** This member's last heartbeat that was read; -1 before the first. */
  get beat(): number {
    return this.#beat
  }

  get others(): Members {
    return new Map(
      [...this.#others].map(([instanceId, { record }]) => [instanceId, tasksOf(record)]),
    )
  }

  /** Takes the next record of the log; null is a member's farewell. */
  read(instanceId: string, record: MemberRecord | null): Heard {
    if (instanceId === this.#instanceId) return this.#readOwn(record)
    const before = this.#others.get(instanceId)
    if (record === null) {
      this.#others.delete(instanceId)
      return { isNews: before !== undefined, wantsAnswer: false }
    }
    this.#others.set(instanceId, { record, heardAtBeat: this.#beat })
    const isNew = before?.record.session !== record.session
    return { isNews: isNew || !sameTasks(before.record, record), wantsAnswer: isNew }
  }

  #readOwn(record: MemberRecord | null): Heard {
    // The farewell of an earlier life under the same id, and the others believe it.
    if (record === null) return { isNews: false, wantsAnswer: true }
    if (record.session !== this.#session || record.beat <= this.#beat)
      return { isNews: false, wantsAnswer: false }
    let isNews = this.#beat < 1 && record.beat >= 1
    this.#beat = record.beat
    for (const [instanceId, { heardAtBeat }] of this.#others) {
      if (this.#beat - heardAtBeat < GONE_AFTER_BEATS) continue
      this.#others.delete(instanceId)
      isNews = true
    }
    return { isNews, wantsAnswer: false }
  }
}

export function tasksOf({
  active,
  standby,
}: Pick<MemberRecord, 'active' | 'standby'>): MemberTasks {
  const copies = Object.entries(standby)
  return {
    active: new Set(active),
    standby: new Map(copies.map(([task, { state }]) => [task, state])),
  }
}

/** Offsets move with every heartbeat, and decide nothing. */
function sameTasks(a: MemberRecord, b: MemberRecord): boolean {
  return print(a) === print(b)
}

function print({ active, standby }: MemberRecord): string {
  const copies = Object.entries(standby).map(([task, { state }]) => `${task}:${state}`)
  return `${[...active].sort().join()};${copies.sort().join()}`
}
