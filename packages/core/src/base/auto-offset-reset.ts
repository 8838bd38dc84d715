import { type Duration, durationToMs } from './duration.ts'

/**
 * Where a source begins when its group has no committed offset, or one that the log does not hold any more.
 * - 'earliest', 'latest': the beginning of what the log holds, or its end.
 * - `{ byDuration: '1 hour' }`: the first record that is not older than that by its timestamp, or the end (KIP-1106).
 * - 'none': that is an error, `MR_OFFSET_OUT_OF_RANGE`.
 */
export type AutoOffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDuration: Duration }

/** @throws TypeError for what is no reset */
export function assertReset(reset: AutoOffsetReset): void {
  if (typeof reset === 'object') durationToMs(reset.byDuration)
  else if (!['earliest', 'latest', 'none'].includes(reset)) {
    throw new TypeError(`no autoOffsetReset: ${reset}`)
  }
}

export function isSameReset(
  a: AutoOffsetReset | undefined,
  b: AutoOffsetReset | undefined,
): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  return durationToMs(a.byDuration) === durationToMs(b.byDuration)
}
