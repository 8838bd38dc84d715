/** Waits of one request. Times in milliseconds. */
export interface BackoffBounds {
  readonly initialMs: number
  readonly maxMs: number
  readonly maxRetryAfterMs: number
}

/**
 * How long to wait before the next attempt. Random between nothing and a bound that doubles, so that requests
 * which failed together do not come back together; never earlier than the answer asked for, up to its cap.
 */
export function nextWaitMs(
  bounds: BackoffBounds,
  attempts: number,
  askedMs: number | undefined,
  random: () => number,
): number {
  // 2 ** 30 is beyond any bound, and keeps the product finite.
  const bound = Math.min(bounds.maxMs, bounds.initialMs * 2 ** Math.min(attempts - 1, 30))
  const jittered = Math.round(random() * bound)
  if (askedMs === undefined) return jittered
  const asked = Math.min(askedMs, bounds.maxRetryAfterMs)
  // All that were told the same time come back spread over the bound of the first wait.
  return Math.max(jittered, asked + Math.round(random() * bounds.initialMs))
}
