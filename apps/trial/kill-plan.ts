import type { Random } from './random.ts'

/** When to kill: as soon as this part of all work is done, and a moment later. */
export interface PlannedKill {
  readonly atFraction: number
  /** Spreads the kills over the phases of a commit: processing, sending offsets, committing. */
  readonly delayMs: number
}

/** Not before the first work is done, nor so late that nothing is left to do. */
const FIRST = 0.05
const LAST = 0.85

/** How far the feeding may be ahead of the next kill: enough for a backlog. */
const AHEAD = 0.35

/** How far it is at the least: else a kill could wait for what is held back for it. */
const LEAST_AHEAD = 0.02

/** Part of the work that is kept for all kills together, so that each one finds work to hit. */
const HELD_BACK = 0.3

/** One kill at a random place in each of as many equal parts of the work. */
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
 * Which part of the work may be fed by now; the end only after the last kill. A kill that is due and
 * waits for work to hit has a share of what is held back.
 */
export function feedLimit(
  plan: readonly PlannedKill[],
  done: number,
  isWaitingForWork: boolean,
): number {
  const next = plan[done]
  if (next === undefined) return 1
  const share = HELD_BACK / plan.length
  const reserved = share * (plan.length - done - (isWaitingForWork ? 1 : 0))
  const ahead = isWaitingForWork ? 1 : next.atFraction + AHEAD
  return Math.max(Math.min(ahead, 1 - reserved), next.atFraction + LEAST_AHEAD)
}
