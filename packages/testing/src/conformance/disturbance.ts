import type { Scenario } from './scenario.ts'

/**
 * True when the result depends on what is in no changelog, by design: processors that count in memory, or that see the
 * stream time of their task. A restart or an abort may then give other records, in Kafka Streams as well.
 */
export function keepsMoreThanState({ nodes }: Scenario): boolean {
  return nodes.some((node) => node.op === 'process' && IN_MEMORY.has(node.fn))
}

const IN_MEMORY: ReadonlySet<string> = new Set([
  'punctuate-stream',
  'punctuate-wall',
  'stream-time',
])
