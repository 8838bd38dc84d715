import type { AppConfig } from '../config/app-config.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'
import type { Logger } from '../observe/logger.ts'
import type { Scheduler } from '../time/clock.ts'
import { wait } from '../time/wait.ts'
import type { Topology } from '../topology/topology-node.ts'
import { ensureInternalTopics } from './internal-topics.ts'
import type { ResolvedTopology } from './resolved-topology.ts'
import { retry, type RetryOptions } from './retry.ts'
import { membersTopic } from './standby/members-topic.ts'
import { lookUpTopology } from './topic-watch.ts'

export interface PrepareTopicsParts {
  readonly topology: Topology
  readonly config: AppConfig
  readonly scheduler: Scheduler
  readonly logger: Logger
  readonly stop: AbortSignal
}

/** A person who creates the topic next should not wonder why nothing happens. */
const LONGEST_PATTERN_WAIT_MS = 5000

/**
 * Fits the topology to the cluster, and creates what internal topics are missing.
 *
 * @returns nothing when the app was stopped while it waited for a pattern's first topic
 * @throws MillraceError `MR_UNKNOWN_TOPIC` that names all topics that are missing, and others of the topology
 */
export async function prepareTopics(
  { topology, config, scheduler, logger, stop }: PrepareTopicsParts,
  admin: KafkaAdmin,
  retries: RetryOptions,
): Promise<ResolvedTopology | undefined> {
  while (!stop.aborted) {
    const resolved = await retry('looking up topics', retries, async () => {
      const found = await lookUpTopology(topology, config.applicationId, admin)
      if (found === undefined) return undefined
      const hasStandbys = config.numStandbyReplicas > 0
      const own = hasStandbys ? [membersTopic(config.applicationId)] : []
      const topics = [...found.internalTopics, ...own]
      await ensureInternalTopics(admin, topics, config.replicationFactor, logger)
      return found
    })
    if (resolved !== undefined) return resolved
    logger.warn('no topic matches a pattern of the topology yet; waiting for one')
    await wait(scheduler, Math.min(config.metadataMaxAgeMs, LONGEST_PATTERN_WAIT_MS), stop)
  }
  return undefined
}
