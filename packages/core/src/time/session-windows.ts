import { type Duration, durationToMs } from '../base/duration.ts'

/** Windows of activity: each lasts as long as records come. */
export interface SessionWindows {
  readonly kind: 'session'
  /** What ends a session: the longest time without a record that is still within one. */
  readonly gapMs: number
  /** How long after its end and the gap a session still takes records, in event time. */
  readonly graceMs: number
}

/** Options of {@link session}. */
export interface SessionOptions {
  /**
   * How long after its end and the gap a session still takes records. Counted in event time: `'0 ms'` means that a
   * session has closed when a record comes that is further behind it than the gap.
   */
  readonly grace: Duration
}

/**
 * Windows that begin with a record and go on while records follow within `gap`. Both ends belong to a session:
 * `[first, last]`. A record between two sessions that is within the gap of both makes one of them
 * (Kafka Streams: `SessionWindows`).
 *
 * @throws TypeError when a duration is none
 */
export function session(gap: Duration, { grace }: SessionOptions): SessionWindows {
  return Object.freeze({ kind: 'session', gapMs: durationToMs(gap), graceMs: durationToMs(grace) })
}
