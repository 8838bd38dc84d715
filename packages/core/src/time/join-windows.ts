import { assert } from '../base/assert.ts'
import { type Duration, durationToMs, signedDurationToMs } from '../base/duration.ts'

/**
 * Which records of two streams are joined: those whose right timestamp is in
 * `[left - beforeMs, left + afterMs]`, both ends included (Kafka Streams: `JoinWindows`).
 */
export interface JoinWindows {
  readonly kind: 'join'
  readonly beforeMs: number
  readonly afterMs: number
  /** How long after its window a record may still come and be joined for certain. */
  readonly graceMs: number
}

/** Bounds seen from a record of the left stream. One may be negative (`'-1 minute'`) while their sum is not. */
export interface JoinBounds {
  /** How much earlier a right record may be. */
  readonly before: Duration
  /** How much later a right record may be. */
  readonly after: Duration
}

/**
 * Windows of a join of two streams: one difference for both directions, or bounds for each.
 *
 * Each side keeps its records for before + after + grace of its own newest timestamp. So a larger grace lets
 * later records in, costs more state, and delays the unmatched results of left and outer joins.
 *
 * `joinWindows('5 minutes', { grace: '1 minute' })`,
 * `joinWindows({ before: 0, after: '1 hour' }, { grace: 0 })`: the right record comes after the left one
 *
 * @throws TypeError when a duration is none, or before + after < 0
 */
export function joinWindows(
  within: Duration | JoinBounds,
  options: { readonly grace: Duration },
): JoinWindows {
  const [beforeMs, afterMs] = boundsOf(within)
  assert(
    beforeMs + afterMs >= 0,
    `before (${beforeMs} ms) + after (${afterMs} ms) of join windows must not be negative`,
  )
  return Object.freeze({ kind: 'join', beforeMs, afterMs, graceMs: durationToMs(options.grace) })
}

function boundsOf(within: Duration | JoinBounds): readonly [beforeMs: number, afterMs: number] {
  if (typeof within === 'object') {
    return [signedDurationToMs(within.before), signedDurationToMs(within.after)]
  }
  const differenceMs = durationToMs(within)
  return [differenceMs, differenceMs]
}
