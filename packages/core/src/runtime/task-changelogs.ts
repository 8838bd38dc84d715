import type { StoreBuilder } from '../state/store-builder.ts'
import type { SourceNode, Subtopology } from '../topology/topology-node.ts'
import { type ChangelogReader, SourceChangelogReader } from './source-changelog.ts'
import { SourceDecoder } from './source-decoder.ts'
import type { TaskEnvironment } from './task-environment.ts'

/** What a store of a task is restored from. */
export interface TaskChangelog {
  readonly builder: StoreBuilder
  /** As it is named in the cluster. */
  readonly topic: string
  /**
   * True for a topic of others, which a source reads: nothing is written to it, and what is behind the
   * committed offset of its partition is not of the state yet.
   */
  readonly isSource: boolean
  /** Of one restore: it may remember what it has read. */
  readonly reader: ChangelogReader
}

type Environment = Pick<
  TaskEnvironment,
  'changelogTopic' | 'timestampExtractor' | 'deserializationExceptionHandler' | 'logger'
>

/** The changelogs of the stores that have one, in the order of the stores. */
export function changelogsOf(
  subtopology: Subtopology,
  environment: Environment,
): readonly TaskChangelog[] {
  const sources = new Map(subtopology.sourceChangelogs.map((source) => [source.store, source]))
  const changelogs: TaskChangelog[] = []
  for (const builder of subtopology.stores) {
    const topic = environment.changelogTopic(builder.name)
    const source = sources.get(builder.name)
    if (source !== undefined) {
      const { timestampExtractor, deserializationExceptionHandler, logger } = environment
      const decoder = new SourceDecoder(sourceNode(subtopology, source.source), timestampExtractor)
      const reader = new SourceChangelogReader({
        source,
        changelog: builder.changelog,
        decoder,
        handler: deserializationExceptionHandler,
        logger,
      })
      changelogs.push({ builder, topic, isSource: true, reader })
    } else if (builder.logging) {
      changelogs.push({ builder, topic, isSource: false, reader: builder.changelog })
    }
  }
  return changelogs
}

function sourceNode({ nodes }: Subtopology, name: string): SourceNode {
  const found = nodes.find((node) => node.name === name)
  if (found?.kind === 'source') return found
  throw new TypeError(`no source ${name} in this sub-topology`)
}
