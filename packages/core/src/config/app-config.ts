import { randomUUID } from 'node:crypto'

import { assertReset, type AutoOffsetReset } from '../base/auto-offset-reset.ts'
import { type Duration, durationToMs } from '../base/duration.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { AppSettings, ProcessingGuarantee } from './app-options.ts'

/** What the code reads: complete, checked, frozen. Only {@link resolveAppConfig} makes one. */
export interface AppConfig {
  readonly applicationId: string
  readonly brokers: readonly string[]
  readonly processingGuarantee: ProcessingGuarantee
  readonly instanceId: string
  readonly stateDir: string | undefined
  readonly stateCleanupDelayMs: number
  readonly staticMembership: boolean
  readonly numStandbyReplicas: number
  readonly clientId: string
  readonly commitIntervalMs: number
  readonly transactionTimeoutMs: number
  readonly groupProtocol: 'classic' | 'consumer'
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly maxPollIntervalMs: number
  /** -1: never wait. */
  readonly maxTaskIdleMs: number
  readonly emitIntervalMs: number
  readonly taskTimeoutMs: number
  readonly inputBufferMaxBytes: number
  readonly maxUncommittedBytes: number
  /** 0: nothing is held back. */
  readonly cacheMaxBytes: number
  readonly replicationFactor: number
  readonly repartitionPurgeIntervalMs: number
  readonly autoOffsetReset: AutoOffsetReset
  readonly metadataMaxAgeMs: number
  readonly closeTimeoutMs: number
  readonly kafka: Readonly<Record<string, string | number | boolean>>
}

/** Exactly-once and lead-topic assignment rest on these; the adapter sets them. */
const REFUSED_KAFKA_KEYS: ReadonlySet<string> = new Set([
  'bootstrap.servers',
  'metadata.broker.list',
  'group.id',
  'group.protocol',
  'group.instance.id',
  'client.id',
  'session.timeout.ms',
  'heartbeat.interval.ms',
  'max.poll.interval.ms',
  'partition.assignment.strategy',
  'group.remote.assignor',
  'enable.auto.commit',
  'enable.auto.offset.store',
  'enable.partition.eof',
  'isolation.level',
  'auto.offset.reset',
  'rebalance_cb',
  'offset_commit_cb',
  'dr_cb',
  'dr_msg_cb',
  'enable.idempotence',
  'transactional.id',
  'transaction.timeout.ms',
  'acks',
  'request.required.acks',
  'max.in.flight',
  'max.in.flight.requests.per.connection',
  'partitioner',
  'delivery.report.only.error',
])

/** Kafka's rule for topic names, which the application id becomes a part of. */
const LEGAL_NAME = /^[a-zA-Z0-9._-]+$/

/** Topic names have at most 249 characters; this leaves room for operator names. */
const MAX_APPLICATION_ID_LENGTH = 150

/**
 * `processId` is what the state directory calls this process, once that is known.
 * @throws MillraceError `MR_CONFIG` that lists every problem, not only the first.
 */
export function resolveAppConfig(settings: AppSettings, processId?: string): AppConfig {
  const problems: string[] = []
  const config = withDefaults(settings, processId, problems)
  problems.push(...identityProblems(settings))
  problems.push(...nameProblems(config), ...timeProblems(config), ...sizeProblems(config))
  problems.push(...refusedKafkaKeys(config.kafka))
  if (problems.length > 0) {
    throw new MillraceError('MR_CONFIG', `Invalid app options: ${problems.join('; ')}`, {
      hint: 'Correct the options passed to createApp().',
    })
  }
  return Object.freeze(config)
}

/** A problem for each raw setting of the client that is not the user's to set. */
export function refusedKafkaKeys(kafka: AppConfig['kafka']): string[] {
  return Object.keys(kafka)
    .filter((key) => REFUSED_KAFKA_KEYS.has(key))
    .map((key) => `kafka['${key}'] is set by Millrace and cannot be changed`)
}

function withDefaults(
  settings: AppSettings,
  processId: string | undefined,
  problems: string[],
): AppConfig {
  const ms = (name: keyof AppSettings, value: Duration | undefined, fallback: number): number => {
    if (value === undefined) return fallback
    try {
      return durationToMs(value)
    } catch {
      // The cause says no more than this line does, and other options are still to be checked.
      problems.push(`${name} is no duration: ${JSON.stringify(value)}`)
      return fallback
    }
  }
  const guarantee = settings.processingGuarantee ?? 'exactly_once_v2'
  const instanceId = settings.instanceId ?? processId ?? randomUUID()
  const { maxTaskIdle } = settings
  return {
    applicationId: settings.applicationId,
    brokers: brokerList(settings.brokers),
    processingGuarantee: guarantee,
    instanceId,
    stateDir: settings.stateDir,
    stateCleanupDelayMs: ms('stateCleanupDelay', settings.stateCleanupDelay, 600_000),
    staticMembership: settings.staticMembership ?? false,
    numStandbyReplicas: settings.numStandbyReplicas ?? 0,
    clientId: settings.clientId ?? `${settings.applicationId}-${instanceId}`,
    commitIntervalMs: ms(
      'commitInterval',
      settings.commitInterval,
      guarantee === 'exactly_once_v2' ? 100 : 30_000,
    ),
    transactionTimeoutMs: ms('transactionTimeout', settings.transactionTimeout, 10_000),
    groupProtocol: settings.groupProtocol ?? 'classic',
    sessionTimeoutMs: ms('sessionTimeout', settings.sessionTimeout, 45_000),
    heartbeatIntervalMs: ms('heartbeatInterval', settings.heartbeatInterval, 3000),
    maxPollIntervalMs: ms('maxPollInterval', settings.maxPollInterval, 300_000),
    maxTaskIdleMs: maxTaskIdle === -1 ? -1 : ms('maxTaskIdle', maxTaskIdle, 0),
    emitIntervalMs: ms('emitInterval', settings.emitInterval, 1000),
    taskTimeoutMs: ms('taskTimeout', settings.taskTimeout, 300_000),
    ...sizesOf(settings),
    replicationFactor: settings.replicationFactor ?? -1,
    repartitionPurgeIntervalMs: ms(
      'repartitionPurgeInterval',
      settings.repartitionPurgeInterval,
      30_000,
    ),
    autoOffsetReset: settings.autoOffsetReset ?? 'earliest',
    metadataMaxAgeMs: ms('metadataMaxAge', settings.metadataMaxAge, 300_000),
    closeTimeoutMs: ms('closeTimeout', settings.closeTimeout, 30_000),
    kafka: { ...settings.kafka },
  }
}

function sizesOf(
  settings: AppSettings,
): Pick<AppConfig, 'inputBufferMaxBytes' | 'maxUncommittedBytes' | 'cacheMaxBytes'> {
  return {
    inputBufferMaxBytes: settings.inputBufferMaxBytes ?? 256 * 1024 * 1024,
    maxUncommittedBytes: settings.maxUncommittedBytes ?? 64 * 1024 * 1024,
    cacheMaxBytes: settings.cacheMaxBytes ?? 10 * 1024 * 1024,
  }
}

function brokerList(brokers: AppSettings['brokers']): readonly string[] {
  const list = typeof brokers === 'string' ? brokers.split(',') : brokers
  return list.map((broker) => broker.trim()).filter((broker) => broker !== '')
}

/** Whether the process has the same id when it is started again. */
function hasStableId({ instanceId, stateDir }: AppSettings): boolean {
  return instanceId !== undefined || stateDir !== undefined
}

function identityProblems(settings: AppSettings): string[] {
  const problems: string[] = []
  if (settings.stateDir === '') problems.push('stateDir is empty')
  if (settings.staticMembership === true && !hasStableId(settings)) {
    problems.push('staticMembership needs an instanceId or a stateDir')
  }
  // It names a folder.
  if (/^\.+$/.test(settings.applicationId)) problems.push('applicationId consists of dots only')
  return problems
}

function nameProblems(config: AppConfig): string[] {
  const problems: string[] = []
  if (!LEGAL_NAME.test(config.applicationId)) {
    problems.push(
      `applicationId ${JSON.stringify(config.applicationId)} may hold letters, digits, '.', '_' and '-' only`,
    )
  } else if (config.applicationId.length > MAX_APPLICATION_ID_LENGTH) {
    problems.push(`applicationId is longer than ${MAX_APPLICATION_ID_LENGTH} characters`)
  }
  if (!LEGAL_NAME.test(config.instanceId)) {
    problems.push(
      `instanceId ${JSON.stringify(config.instanceId)} has characters that are not legal`,
    )
  }
  if (config.brokers.length === 0) problems.push('brokers is empty')
  for (const broker of config.brokers) {
    if (!/^.+:\d{1,5}$/.test(broker)) problems.push(`broker ${broker} is not host:port`)
  }
  if (!['exactly_once_v2', 'at_least_once'].includes(config.processingGuarantee)) {
    problems.push(`processingGuarantee ${config.processingGuarantee} is not known`)
  }
  if (!['classic', 'consumer'].includes(config.groupProtocol)) {
    problems.push(`groupProtocol ${config.groupProtocol} is not known`)
  }
  return problems
}

function timeProblems(config: AppConfig): string[] {
  const problems: string[] = []
  try {
    assertReset(config.autoOffsetReset)
  } catch {
    // As with durations: the line says it, and others are still to be checked.
    problems.push(`autoOffsetReset is not known: ${JSON.stringify(config.autoOffsetReset)}`)
  }
  if (config.commitIntervalMs === 0) problems.push('commitInterval must be > 0')
  if (
    config.processingGuarantee === 'exactly_once_v2' &&
    config.transactionTimeoutMs <= config.commitIntervalMs
  ) {
    problems.push(
      `transactionTimeout (${config.transactionTimeoutMs} ms) must exceed commitInterval (${config.commitIntervalMs} ms)`,
    )
  }
  if (config.groupProtocol === 'classic' && config.sessionTimeoutMs <= config.heartbeatIntervalMs) {
    problems.push('sessionTimeout must exceed heartbeatInterval')
  }
  if (config.maxPollIntervalMs < config.sessionTimeoutMs) {
    problems.push('maxPollInterval must be at least sessionTimeout')
  }
  return problems
}

function sizeProblems(config: AppConfig): string[] {
  const problems: string[] = []
  for (const name of ['inputBufferMaxBytes', 'maxUncommittedBytes'] as const) {
    if (!(config[name] > 0)) problems.push(`${name} must be > 0`)
  }
  if (!(config.cacheMaxBytes >= 0)) problems.push('cacheMaxBytes must be >= 0')
  if (!Number.isInteger(config.numStandbyReplicas) || config.numStandbyReplicas < 0) {
    problems.push('numStandbyReplicas must be a whole number >= 0')
  }
  const factor = config.replicationFactor
  if (!Number.isInteger(factor) || factor === 0 || factor < -1) {
    problems.push('replicationFactor must be -1 or a positive integer')
  }
  return problems
}
