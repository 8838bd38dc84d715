import type { AppConfig } from '../config/app-config.ts'
import type { HandlerOptions } from '../config/app-options.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'
import type { GroupConsumer } from '../kafka/group-consumer.ts'
import type { KafkaPort } from '../kafka/kafka-port.ts'
import type { Logger } from '../observe/logger.ts'
import { CacheBudget } from '../state/record-cache.ts'
import type { Scheduler } from '../time/clock.ts'
import type { Topology } from '../topology/topology-node.ts'
import { type Committer, flushingCommitter, transactionalCommitter } from './committer.ts'
import type { DiskGuard } from './disk-guard.ts'
import { loadGlobalStores, type MemberGlobalStores } from './global/create-global-stores.ts'
import type { GlobalState } from './global/global-state.ts'
import { handlersOf } from './exception-handlers.ts'
import { Member } from './member.ts'
import { PartitionCounts } from './partition-counts.ts'
import { prepareTopics } from './prepare-topics.ts'
import { RepartitionPurger } from './repartition-purger.ts'
import { IdleWatch } from './idle-watch.ts'
import { internalNames, type ResolvedTopology } from './resolved-topology.ts'
import { restoreLog } from './restore-log.ts'
import { Restorer, type RestoreListener } from './restorer.ts'
import { retry, type RetryOptions } from './retry.ts'
import { topicsOfSink } from './sink/resolved-sink.ts'
import { createStandbys } from './standby/create-standbys.ts'
import type { StandbyListener } from './standby/standby-update.ts'
import { groupInstanceId } from './static-membership.ts'
import { TaskManager } from './task-manager.ts'
import type { AppMetrics } from './task-metrics.ts'
import type { TaskStates } from './task-states.ts'
import type { TaskEnvironment } from './task.ts'
import { TopicWatch } from './topic-watch.ts'
import { Wakeup } from './wakeup.ts'

export interface CreateMemberParts {
  readonly config: AppConfig
  readonly topology: Topology
  readonly kafka: KafkaPort
  readonly handlers: HandlerOptions
  readonly states: TaskStates
  readonly globalState: GlobalState
  /** Undefined when nothing is on disk. */
  readonly disk: DiskGuard | undefined
  readonly scheduler: Scheduler
  /** In [0, 1), as Math.random. */
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: AppMetrics
  readonly stop: AbortSignal
  readonly onRestore: RestoreListener | undefined
  readonly onStandbyUpdate: StandbyListener | undefined
  readonly onState: (state: 'rebalancing' | 'running') => void
  /** The topics of the topology are there, internal ones too. */
  readonly onTopics: () => void
}

export interface RunnableMember {
  readonly run: () => Promise<void>
  readonly wake: () => void
  /** See {@link AppMetrics.lag}. */
  readonly lag: () => number
  /** See {@link AppMetrics.standbyLag}. */
  readonly standbyLag: () => Readonly<Record<string, number>>
}

/**
 * Fits the topology to the cluster, creates what is missing, fences a predecessor, joins the group.
 * Returns nothing when the app was stopped meanwhile.
 */
export async function createMember(parts: CreateMemberParts): Promise<RunnableMember | undefined> {
  const { config, kafka, scheduler, random, logger, stop } = parts
  const retries: RetryOptions = {
    timeoutMs: config.taskTimeoutMs,
    scheduler,
    random,
    logger,
    signal: stop,
  }
  const admin = kafka.admin({ clientId: `${config.clientId}-admin` })
  const committer = createCommitter(parts, retries)
  try {
    const resolved = await prepareTopics(parts, admin, retries)
    await committer.open()
    if (resolved === undefined || stop.aborted) {
      await committer.close()
      await admin.close()
      return undefined
    }
    parts.onTopics()
    return await fillAndJoin({ ...parts, admin, committer, resolved, retries })
  } catch (error) {
    await committer.close()
    await admin.close()
    throw error
  }
}

interface FillParts extends CreateMemberParts {
  readonly admin: KafkaAdmin
  readonly committer: Committer
  readonly resolved: ResolvedTopology
  readonly retries: RetryOptions
}

interface JoinParts extends FillParts {
  readonly wakeup: Wakeup
  readonly globalStores: MemberGlobalStores
}

/** Nothing is assigned to a member before its global stores are filled. */
async function fillAndJoin(parts: FillParts): Promise<RunnableMember | undefined> {
  const { config, topology, handlers, scheduler, stop, committer, admin } = parts
  const wakeup = new Wakeup(scheduler)
  const globalStores = await loadGlobalStores({
    ...parts,
    globalStores: topology.globalStores,
    environment: {
      applicationId: config.applicationId,
      ...handlersOf(handlers),
      clock: scheduler,
      logger: parts.logger,
      metrics: parts.metrics,
      topicName: (name) => name,
    },
    clientId: config.clientId,
    onFailure: () => {
      wakeup.wake()
    },
  })
  try {
    if (!stop.aborted) return await joinGroup({ ...parts, wakeup, globalStores })
    await committer.close()
    await admin.close()
    await globalStores.close()
    return undefined
  } catch (error) {
    await globalStores.close()
    throw error
  }
}

async function joinGroup(parts: JoinParts): Promise<RunnableMember> {
  const { admin, resolved, retries, wakeup, globalStores } = parts
  const consumer = createConsumer(parts)
  // The restorer asks how busy the tasks are, which are opened with it.
  const restorer = createRestorer(parts, wakeup, () => tasks.running.length > 0)
  const environment = createEnvironment(parts)
  const mayWork = (): boolean => !tasks.isRestoring
  const topology = resolved
  const standbys = createStandbys({ ...parts, topology, environment, consumer, mayWork })
  const tasks: TaskManager = new TaskManager({
    topology,
    environment,
    states: parts.states,
    standbys,
    consumer,
    admin,
    restorer,
    retries,
    autoOffsetReset: parts.config.autoOffsetReset,
  })
  const purger = createPurger(parts)
  const topicWatch = createTopicWatch(parts)
  const idleWatch = new IdleWatch({ ...parts, consumer, clock: parts.scheduler })
  const leads = resolved.subtopologies.map(({ leadTopic }) => leadTopic)
  const hasTasks = leads.length > 0
  if (hasTasks) await retry('joining the group', retries, () => consumer.subscribe(leads))
  const member = new Member({
    ...parts,
    consumer,
    tasks,
    restorer,
    purger,
    topicWatch,
    hasTasks,
    idleWatch,
  })
  return {
    wake: () => {
      wakeup.wake()
    },
    lag: () => tasks.lag + globalStores.lag,
    standbyLag: () => Object.fromEntries(standbys?.lags ?? []),
    run: async () => {
      globalStores.follow()
      standbys?.open()
      try {
        await member.run()
      } finally {
        await standbys?.close({ isLeaving: parts.stop.aborted })
        await globalStores.close()
        await purger.close()
        await topicWatch.close()
        await idleWatch.close()
        await admin.close()
      }
    },
  }
}

function createConsumer(parts: JoinParts): GroupConsumer {
  const { config, kafka, topology, resolved } = parts
  return kafka.groupConsumer({
    groupId: config.applicationId,
    clientId: config.clientId,
    groupProtocol: config.groupProtocol,
    groupInstanceId: groupInstanceId(config, topology, resolved),
    sessionTimeoutMs: config.sessionTimeoutMs,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    maxPollIntervalMs: config.maxPollIntervalMs,
  })
}

function createRestorer(parts: JoinParts, wakeup: Wakeup, isBusy: () => boolean): Restorer {
  const { config, kafka, admin, scheduler, metrics, logger } = parts
  const log = restoreLog(logger)
  return new Restorer({
    reader: kafka.reader({ clientId: `${config.clientId}-restore` }),
    admin,
    scheduler,
    metrics,
    logger,
    isBusy,
    onProgress: (progress) => {
      log(progress)
      parts.onRestore?.(progress)
    },
    onChange: () => {
      wakeup.wake()
    },
  })
}

function createPurger({
  config,
  admin,
  resolved,
  scheduler,
  logger,
  topology,
}: JoinParts): RepartitionPurger {
  return new RepartitionPurger({
    admin,
    topics: purgeableByMember(topology, config, resolved),
    intervalMs: config.repartitionPurgeIntervalMs,
    clock: scheduler,
    logger,
  })
}

/** What external sinks read is theirs to purge: they may be far behind the member. */
function purgeableByMember(
  topology: Topology,
  config: AppConfig,
  { repartitionTopics }: ResolvedTopology,
): ReadonlySet<string> {
  const { topicName } = internalNames(topology, config.applicationId)
  const readBySinks = new Set(topology.externalSinks.flatMap(topicsOfSink).map(topicName))
  return new Set([...repartitionTopics].filter((topic) => !readBySinks.has(topic)))
}

function createTopicWatch(parts: JoinParts): TopicWatch {
  const { config, topology, resolved, admin, scheduler, logger } = parts
  return new TopicWatch({
    topology,
    resolved,
    admin,
    applicationId: config.applicationId,
    intervalMs: config.metadataMaxAgeMs,
    clock: scheduler,
    logger,
  })
}

function createCommitter(parts: CreateMemberParts, retries: RetryOptions): Committer {
  const { config, kafka } = parts
  if (config.processingGuarantee === 'at_least_once') {
    return flushingCommitter(kafka.producer({ clientId: config.clientId }), retries)
  }
  const producer = kafka.transactionalProducer({
    clientId: config.clientId,
    transactionalId: `${config.applicationId}-${config.instanceId}`,
    transactionTimeoutMs: config.transactionTimeoutMs,
  })
  return transactionalCommitter(producer, retries)
}

function createEnvironment(parts: JoinParts): TaskEnvironment {
  const { config, handlers, topology, scheduler, logger, metrics, committer, admin } = parts
  const counts = new PartitionCounts(admin)
  return {
    applicationId: config.applicationId,
    ...handlersOf(handlers),
    globalStore: (name) => parts.globalStores.get(name),
    maxTaskIdleMs: config.maxTaskIdleMs,
    emitIntervalMs: config.emitIntervalMs,
    clock: scheduler,
    random: parts.random,
    taskTimeoutMs: config.taskTimeoutMs,
    logger,
    metrics,
    ...(config.cacheMaxBytes === 0 ? {} : { cacheBudget: new CacheBudget(config.cacheMaxBytes) }),
    collector: {
      send: (record) => {
        committer.send(record)
      },
      partitionCount: (topic) => counts.get(topic),
    },
    ...internalNames(topology, config.applicationId),
  }
}
