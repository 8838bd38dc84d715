import { assert } from '../base/assert.ts'

/** One window that begins at a time and never ends. */
export interface UnlimitedWindows {
  readonly kind: 'unlimited'
  readonly startMs: number
}

/**
 * One window for each key, from `start` on, whose end is Infinity; records before it are dropped and counted
 * (Kafka Streams: `UnlimitedWindows`).
 *
 * @throws TypeError when `start` is no time
 */
export function unlimited({
  start = 0,
}: { readonly start?: Date | number } = {}): UnlimitedWindows {
  const startMs = Number(start)
  assert(
    Number.isSafeInteger(startMs) && startMs >= 0,
    `unlimited windows cannot start at ${String(start)}`,
  )
  return Object.freeze({ kind: 'unlimited', startMs })
}
