import type { AppConfig } from '../../config/app-config.ts'
import type { KafkaAdmin } from '../../kafka/admin.ts'
import type { GroupConsumer } from '../../kafka/group-consumer.ts'
import type { KafkaPort } from '../../kafka/kafka-port.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Scheduler } from '../../time/clock.ts'
import { membersTopicName, type ResolvedTopology } from '../resolved-topology.ts'
import type { AppMetrics } from '../task-metrics.ts'
import { StandbyManager, type StandbyStates } from './standby-manager.ts'
import { standbyPlans } from './standby-plan.ts'
import type { StandbyListener } from './standby-update.ts'

export interface CreateStandbysParts {
  readonly config: AppConfig
  readonly topology: ResolvedTopology
  readonly environment: Parameters<typeof standbyPlans>[1]
  readonly consumer: Pick<GroupConsumer, 'committed'>
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly states: StandbyStates
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: AppMetrics
  readonly onStandbyUpdate: StandbyListener | undefined
  /** False while active tasks are restored. */
  readonly mayWork: () => boolean
}

/** Undefined when the app has no standbys. Nothing is done before `open()`. */
export function createStandbys(parts: CreateStandbysParts): StandbyManager | undefined {
  const { config, topology, environment, kafka, scheduler, random, logger, metrics } = parts
  const plans = standbyPlans(topology, environment)
  if (config.numStandbyReplicas === 0 || plans.size === 0) return undefined
  const { admin, consumer, states, mayWork } = parts
  const { applicationId, instanceId, clientId } = config
  return new StandbyManager({
    replicas: config.numStandbyReplicas,
    plans,
    states,
    admin,
    committed: (partitions) => consumer.committed(partitions),
    scheduler,
    logger,
    onUpdate: parts.onStandbyUpdate ?? (() => undefined),
    board: {
      topic: membersTopicName(applicationId),
      instanceId,
      reader: kafka.reader({ clientId: `${clientId}-members` }),
      producer: kafka.producer({ clientId: `${clientId}-members` }),
      admin,
      scheduler,
      random,
      logger,
    },
    tail: {
      reader: kafka.reader({ clientId: `${clientId}-standby` }),
      scheduler,
      logger,
      mayWork,
      onApplied: (records) => {
        metrics.recordsReplicated += records
      },
    },
  })
}
