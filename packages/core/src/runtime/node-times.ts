import type { Subtopology } from '../topology/topology-node.ts'

/** Somebody upstream may still send records of any time. */
export const UNKNOWN_TIME = -1
/** There was no record yet, so there is no time, and nothing is held back. */
export const TIMELESS = -2

/**
 * Event time at each node of a task, from that of its sources: the earliest one of its parents, less
 * what they may hold back. A window that is told only when it is closed comes out with a time in the
 * past; for what is below it time has not passed until then.
 */
export function nodeTimes(
  { nodes }: Pick<Subtopology, 'nodes'>,
  sourceTimeMs: (source: string) => number,
  holdsBackMs: (node: string) => number,
): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  // Parents come before children.
  for (const { name, kind, parents } of nodes) {
    if (kind === 'source') {
      times.set(name, sourceTimeMs(name))
      continue
    }
    let timeMs = Infinity
    for (const parent of parents) {
      const above = times.get(parent) ?? UNKNOWN_TIME
      const belowMs = above < 0 ? above : Math.max(0, above - holdsBackMs(parent))
      timeMs =
        timeMs === UNKNOWN_TIME || belowMs === UNKNOWN_TIME
          ? UNKNOWN_TIME
          : Math.min(timeMs, belowMs)
    }
    times.set(name, timeMs === Infinity ? UNKNOWN_TIME : timeMs)
  }
  return times
}
