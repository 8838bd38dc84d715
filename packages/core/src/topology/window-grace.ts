import { MillraceError } from '../errors/millrace-error.ts'
import type { PlanNode } from './plan-node.ts'

/**
 * How long after its end a window upstream is still changed: the longest of the nearest windowed
 * aggregations (Kafka Streams: `GraphGraceSearchUtil`).
 *
 * @throws MillraceError `MR_TOPOLOGY` when one way up leads to no windowed aggregation
 */
export function windowGraceMs(node: PlanNode, below: readonly string[] = []): number {
  if (node.kind === 'processor' && node.graceMs !== undefined) return node.graceMs
  const chain = [node.name, ...below]
  if (node.parents.length === 0) {
    throw new MillraceError(
      'MR_TOPOLOGY',
      `Windows close only behind a windowed aggregation, not behind ${chain.join(' -> ')}`,
      { hint: 'Use untilTimeLimit, or suppress a table that is aggregated by windows.' },
    )
  }
  return Math.max(...node.parents.map((parent) => windowGraceMs(parent, chain)))
}

/** By how much the timestamps of windows upstream may be before their ends; see {@link windowGraceMs}. */
export function windowSpanMs(node: PlanNode): number {
  if (node.kind === 'processor' && node.windowSpanMs !== undefined) return node.windowSpanMs
  return Math.max(0, ...node.parents.map((parent) => windowSpanMs(parent)))
}
