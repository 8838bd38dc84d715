import { type Duration, durationToMs } from '../base/duration.ts'
import type { GraceOptions } from './time-windows.ts'

/** Windows around records: there is one for each set of records that are close together. */
export interface SlidingWindows {
  readonly kind: 'sliding'
  /** Between the first and the last record of a window, at most; both ends belong to the window. */
  readonly differenceMs: number
  /** How long after its end a window still takes records, in event time. */
  readonly graceMs: number
}

/**
 * Windows for records that are at most `difference` apart: one that ends with each record, and one that begins
 * right after it when other records follow. Both ends belong to a window: `[t - difference, t]`
 * (Kafka Streams: `SlidingWindows`, KIP-450).
 *
 * @throws TypeError when a duration is none
 */
export function sliding(difference: Duration, { grace }: GraceOptions): SlidingWindows {
  const differenceMs = durationToMs(difference)
  return Object.freeze({ kind: 'sliding', differenceMs, graceMs: durationToMs(grace) })
}
