import { isSameReset } from '../base/auto-offset-reset.ts'
import type { PlanGraph } from './plan-graph.ts'
import type { SourcePlan } from './plan-node.ts'

/**
 * Makes one source of several `stream()` calls with the same topics; the first one's options count.
 * The same topics in another combination are a problem: a topic has one source (Kafka Streams:
 * `mergeDuplicateSourceNodes`).
 *
 * @returns by the name of each source that is gone, that of the one in its place: what is co-partitioned with it is
 * so with that one
 */
export function mergeSources(graph: PlanGraph, problems: string[]): ReadonlyMap<string, string> {
  const replaced = new Map<string, string>()
  const byTopic = new Map<string, SourcePlan>()
  const byPattern = new Map<string, SourcePlan>()
  for (const node of graph.roots) {
    if (node.kind !== 'source') continue
    if (node.topics instanceof RegExp) {
      const first = firstOf(byPattern, String(node.topics), node)
      if (first !== node) mergeInto(graph, { first, node, problems, replaced })
    } else {
      mergeByTopic(graph, { node, topics: node.topics, byTopic, problems, replaced })
    }
  }
  return replaced
}

interface TopicMerge {
  readonly node: SourcePlan
  readonly topics: readonly string[]
  readonly byTopic: Map<string, SourcePlan>
  readonly problems: string[]
  readonly replaced: Map<string, string>
}

function mergeByTopic(
  graph: PlanGraph,
  { node, topics, byTopic, problems, replaced }: TopicMerge,
): void {
  for (const topic of topics) {
    const first = firstOf(byTopic, topic, node)
    if (first === node) continue
    if (!sameTopics(first.topics, topics)) {
      problems.push(
        `${node.name}: topic '${topic}' is also read by ${first.name}, together with other topics`,
      )
      continue
    }
    mergeInto(graph, { first, node, problems, replaced })
    return
  }
}

function mergeInto(
  graph: PlanGraph,
  {
    first,
    node,
    problems,
    replaced,
  }: Pick<TopicMerge, 'node' | 'problems' | 'replaced'> & { readonly first: SourcePlan },
): void {
  if (!isSameReset(first.autoOffsetReset, node.autoOffsetReset)) {
    problems.push(`${node.name}: reads the topics of ${first.name} with another autoOffsetReset`)
  }
  if (node.idleMs !== undefined && first.idleMs !== node.idleMs) {
    problems.push(`${node.name}: reads the topics of ${first.name} with another watermark`)
  }
  replaced.set(node.name, first.name)
  graph.mergeInto(first, node)
}

function firstOf(seen: Map<string, SourcePlan>, key: string, node: SourcePlan): SourcePlan {
  const first = seen.get(key)
  if (first !== undefined) return first
  seen.set(key, node)
  return node
}

function sameTopics(a: readonly string[] | RegExp, b: readonly string[]): boolean {
  return !(a instanceof RegExp) && a.length === b.length && a.every((topic, i) => topic === b[i])
}
