import { MillraceError } from '../errors/millrace-error.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'
import type { Logger } from '../observe/logger.ts'
import type { Clock } from '../time/clock.ts'
import type { Topology } from '../topology/topology-node.ts'
import {
  assertTopicsExist,
  externalTopics,
  hasPatterns,
  type ResolvedTopology,
  resolveTopology,
  unmatchedPatterns,
} from './resolved-topology.ts'
import { topicsNamedBySinks } from './sink/resolved-sink.ts'

/**
 * Fits the plan to the cluster as it is now; undefined while a pattern matches no topic at all.
 * @throws what {@link resolveTopology} throws.
 */
export async function lookUpTopology(
  topology: Topology,
  applicationId: string,
  admin: KafkaAdmin,
): Promise<ResolvedTopology | undefined> {
  const listed = hasPatterns(topology) ? await admin.listTopics() : []
  if (unmatchedPatterns(topology, applicationId, listed).length > 0) return undefined
  const named = [...externalTopics(topology), ...topicsNamedBySinks(topology)]
  const found = await admin.describeTopics([...new Set([...listed, ...named])])
  const existing = new Map(found.map(({ topic, partitions }) => [topic, partitions]))
  assertTopicsExist(named, existing)
  return resolveTopology(topology, applicationId, existing)
}

export interface TopicWatchParts {
  readonly topology: Topology
  readonly resolved: ResolvedTopology
  readonly admin: KafkaAdmin
  readonly applicationId: string
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Finds topics that a pattern matches since the member started, and partitions that were added.
 * Only topologies with patterns are watched: for the others a new partition of the lead topic comes
 * as an assignment.
 */
export class TopicWatch {
  readonly #parts: TopicWatchParts
  readonly #isNeeded: boolean
  #lastMs: number
  #looking: Promise<void> | undefined
  #isChanged = false

  constructor(parts: TopicWatchParts) {
    this.#parts = parts
    this.#isNeeded = hasPatterns(parts.topology)
    this.#lastMs = parts.clock.nowMs()
  }

  /** Looks in the background when it is time. @throws MillraceError `MR_TOPICS_CHANGED` when something was found. */
  check(): void {
    if (this.#isChanged) {
      throw new MillraceError('MR_TOPICS_CHANGED', 'The topics of a pattern have changed', {
        hint: 'Nothing is to be done: the member looks the topics up again.',
      })
    }
    const { clock, intervalMs } = this.#parts
    const now = clock.nowMs()
    if (!this.#isNeeded || this.#looking !== undefined || now - this.#lastMs < intervalMs) return
    this.#lastMs = now
    this.#looking = this.#look()
  }

  async close(): Promise<void> {
    await this.#looking
  }

  async #look(): Promise<void> {
    const { topology, applicationId, admin, resolved, logger } = this.#parts
    try {
      const now = await lookUpTopology(topology, applicationId, admin)
      this.#isChanged = now !== undefined && print(now) !== print(resolved)
    } catch (error) {
      logger.debug('looking up topics failed; it is tried again', { error })
    } finally {
      this.#looking = undefined
    }
  }
}

/** What of a resolved topology depends on the cluster. */
function print({ subtopologies, partitions }: ResolvedTopology): string {
  return subtopologies
    .flatMap(({ sources }) => sources.flatMap(({ topics }) => topics))
    .map((topic) => `${topic}:${partitions.get(topic) ?? 0}`)
    .join()
}
