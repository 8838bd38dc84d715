import type { Random } from './random.ts'

/** When to kill: as soon as this part of all words is counted, and a moment later. */
export interface PlannedKill {
  readonly atFraction: number
  /** Spreads the kills over the phases of a commit: processing, sending offsets, committing. */
  readonly delayMs: number
}

/** Not before the first words are counted, nor so late that nothing is left to do. */
const FIRST = 0.05
const LAST = 0.85

/** How far the feeding may be ahead of the next kill: enough for a backlog, and some text is left. */
const AHEAD = 0.35
const HELD_BACK = 0.05

/** One kill at a random place in each of as many equal parts of the text. */
export function planKills(
  kills: number,
  commitIntervalMs: number,
  random: Random,
): readonly PlannedKill[] {
  const part = (LAST - FIRST) / Math.max(1, kills)
  return Array.from({ length: kills }, (_, index) => ({
    atFraction: FIRST + part * (index + random()),
    delayMs: Math.round(commitIntervalMs * 2 * random()),
  }))
}

/**
 * Which part of the text may be fed before the next kill; the end comes only after the last one. A
 * kill that waits for work to hit gets it from what was held back.
 */
export function feedLimit(next: PlannedKill | undefined, isWaitingForWork: boolean): number {
  if (next === undefined || isWaitingForWork) return 1
  return Math.min(next.atFraction + AHEAD, 1 - HELD_BACK)
}
