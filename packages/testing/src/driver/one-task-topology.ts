import type { ResolvedSubtopology, ResolvedTopology } from '@millrace/core/internal'

/**
 * All sub-topologies as one, so that they share a task and with it one stream time: what Kafka
 * Streams' own test driver does. The nodes do not change; repartition topics are still written and
 * read.
 */
export function asOneSubtopology({ subtopologies }: ResolvedTopology): ResolvedSubtopology {
  const parts = subtopologies.map(({ subtopology }) => subtopology)
  return {
    subtopology: {
      id: 0,
      nodes: parts.flatMap(({ nodes }) => nodes),
      stores: parts.flatMap(({ stores }) => stores),
      sourceChangelogs: parts.flatMap(({ sourceChangelogs }) => sourceChangelogs),
      writesInternal: parts.flatMap(({ writesInternal }) => writesInternal),
      copartitioned: parts.flatMap(({ copartitioned }) => copartitioned),
    },
    sources: subtopologies.flatMap(({ sources }) => sources),
    leadTopic: '',
    taskCount: Math.max(0, ...subtopologies.map(({ taskCount }) => taskCount)),
  }
}
