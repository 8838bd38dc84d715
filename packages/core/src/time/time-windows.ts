import { assert } from '../base/assert.ts'
import { type Duration, durationToMs } from '../base/duration.ts'

interface TimeWindowsBase {
  readonly sizeMs: number
  /** From the start of one window to that of the next. */
  readonly advanceMs: number
  /** How long after its end a window still takes records, in event time. */
  readonly graceMs: number
}

/** Windows of a fixed size, one after the other. */
export interface TumblingWindows extends TimeWindowsBase {
  readonly kind: 'tumbling'
}

/** Windows of a fixed size that begin more often than that, so they overlap. */
export interface HoppingWindows extends TimeWindowsBase {
  readonly kind: 'hopping'
}

/** How long windows wait for late records. */
export interface GraceOptions {
  /**
   * How long after its end a window still takes records. Counted in event time: `'0 ms'` means that a record
   * behind the end of a window closes it.
   */
  readonly grace: Duration
}

/** Options of {@link hopping}. */
export interface HoppingOptions extends GraceOptions {
  /** From the start of one window to that of the next; more than 0, and at most the size. */
  readonly advance: Duration
}

/**
 * Windows of `size`, each of which begins where the one before ends: `[0, size)`, `[size, 2 size)`, … in
 * milliseconds since the epoch. Each record is in one window (Kafka Streams: `TimeWindows`).
 *
 * @throws TypeError when a duration is none, or the size is 0
 */
export function tumbling(size: Duration, { grace }: GraceOptions): TumblingWindows {
  const sizeMs = windowSizeMs(size)
  const graceMs = durationToMs(grace)
  return Object.freeze({ kind: 'tumbling', sizeMs, advanceMs: sizeMs, graceMs })
}

/**
 * Windows of `size`, one of which begins every `advance`: `[0, size)`, `[advance, advance + size)`, … Each record
 * is in all of those around its time, about size / advance (Kafka Streams: `TimeWindows.advanceBy`).
 *
 * @throws TypeError when a duration is none, the size is 0, or the advance is not within it
 */
export function hopping(size: Duration, { advance, grace }: HoppingOptions): HoppingWindows {
  const sizeMs = windowSizeMs(size)
  const advanceMs = durationToMs(advance)
  assert(
    advanceMs > 0 && advanceMs <= sizeMs,
    `hopping windows of ${sizeMs} ms cannot advance by ${advanceMs} ms: more than 0 and at most the size`,
  )
  return Object.freeze({ kind: 'hopping', sizeMs, advanceMs, graceMs: durationToMs(grace) })
}

function windowSizeMs(size: Duration): number {
  const sizeMs = durationToMs(size)
  assert(sizeMs > 0, 'the size of a window must be more than 0 ms')
  return sizeMs
}
