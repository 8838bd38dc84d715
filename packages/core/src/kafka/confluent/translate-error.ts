import { type ErrorCode, MillraceError } from '../../errors/millrace-error.ts'
import { type ClientError, CODE, readClientError } from './client-error.ts'

/** What was asked of Kafka when the error came: goes into the message and into `at`. */
export interface ErrorContext {
  readonly operation: string
  readonly clientId?: string
  readonly topic?: string
  readonly topics?: readonly string[]
  readonly partition?: number
  readonly groupId?: string
  /** Of a static member of the group. */
  readonly instanceId?: string
  readonly transactionalId?: string
  /** Why a record of this transaction was not delivered, where known. */
  readonly delivery?: FailedDelivery
}

export interface FailedDelivery {
  readonly topic: string
  readonly partition: number
  readonly error: unknown
}

interface Row {
  readonly code: ErrorCode
  readonly message: (at: ErrorContext) => string
  readonly hint: string
}

/**
 * The one place where errors of the client become Millrace's.
 *
 * Order matters: a fenced producer or a stale member is that, whatever else is said about it. Then
 * the reason why a record was not delivered tells more than the call that failed for it. What only a
 * person can mend (authorization, size, topic) wins over "the transaction must be aborted", else it
 * would be aborted and tried for ever; and "must be aborted" wins over "can be retried", because the
 * same call is refused until then.
 */
export function translateError(error: unknown, context: ErrorContext): MillraceError {
  if (MillraceError.is(error)) return error
  const client = readClientError(error)
  const { delivery } = context
  const lost = rowOfLostMember(client)
  if (lost !== undefined) return build(lost, client, error, context)
  if (delivery !== undefined) return translateDelivery(delivery, context)
  const row = find(DECISIVE, client) ?? (client.requiresAbort ? ABORTED : rowByCode(client))
  return build(row ?? OTHER, client, error, context)
}

/** A record that the broker, or the client before it, did not take. */
function translateDelivery(delivery: FailedDelivery, context: ErrorContext): MillraceError {
  const client = readClientError(delivery.error)
  const where: ErrorContext = { ...context, topic: delivery.topic, partition: delivery.partition }
  const row = rowOfLostMember(client) ?? find(DECISIVE, client) ?? rowOfDelivery(client, context)
  return build(row, client, delivery.error, where)
}

/** The client has given the record up: to call flush again would be to lose it. */
function rowOfDelivery(client: ClientError, { transactionalId }: ErrorContext): Row {
  if (transactionalId !== undefined) return ABORTED
  return rowByCode(client) === UNAVAILABLE ? GIVEN_UP : UNDELIVERED
}

function rowOfLostMember(client: ClientError): Row | undefined {
  const isMendable = find(DECISIVE, client) !== undefined
  // A producer in a fatal state refuses every call: only a new one helps, which is what 'fence' does.
  return find(LOST, client) ?? (client.isFatal && !isMendable ? FENCED : undefined)
}

function find(rows: ReadonlyMap<number, Row>, client: ClientError): Row | undefined {
  return client.code === undefined ? undefined : rows.get(client.code)
}

function rowByCode(client: ClientError): Row | undefined {
  return find(ORDINARY, client) ?? (client.isRetriable ? UNAVAILABLE : undefined)
}

function build(row: Row, client: ClientError, error: unknown, at: ErrorContext): MillraceError {
  return new MillraceError(row.code, row.message(at), {
    cause: error,
    hint: row.hint,
    at: fields(client, at),
  })
}

function fields(client: ClientError, at: ErrorContext): Record<string, string | number> {
  const all: Record<string, string | number | undefined> = {
    operation: at.operation,
    clientId: at.clientId,
    topic: at.topic,
    topics: at.topic === undefined ? at.topics?.join(', ') : undefined,
    partition: at.partition,
    groupId: at.groupId,
    instanceId: at.instanceId,
    transactionalId: at.transactionalId,
    kafkaCode: client.code,
  }
  const known: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(all)) if (value !== undefined) known[name] = value
  return known
}

function topicName(at: ErrorContext): string {
  if (at.topic !== undefined) return `topic ${at.topic}`
  return at.topics?.length === 1 ? `topic ${at.topics.join('')}` : 'a topic'
}

const FENCED: Row = {
  code: 'MR_PRODUCER_FENCED',
  message: (at) =>
    `${at.operation}: producer ${at.transactionalId ?? at.clientId ?? ''} was fenced`,
  hint: 'Check that no other process uses the same transactional id.',
}

const STALE: Row = {
  code: 'MR_STALE_GENERATION',
  message: (at) => `${at.operation}: group ${at.groupId ?? ''} moved on to another generation`,
  hint: 'Nothing to do: the work since the last commit is done again by the new owner.',
}

/**
 * Not always another process: a member whose session ended while it, or its broker, stood still joins
 * again by itself, and a request that it had sent under its old member id is answered so.
 */
const MEMBER_FENCED: Row = {
  code: 'MR_MEMBER_FENCED',
  message: (at) =>
    `${at.operation}: the place in group ${at.groupId ?? ''} was taken under the same instance id`,
  hint: 'Nothing to do unless it repeats: then give each process an instanceId of its own.',
}

const INSTANCE_HELD: Row = {
  code: 'MR_INSTANCE_ID_HELD',
  message: (at) =>
    `${at.operation}: group ${at.groupId ?? ''} still has a member of the same instance id`,
  hint: 'Wait: when its process was killed, its session ends; when it runs, one of the two is told so.',
}

const ABORTED: Row = {
  code: 'MR_TRANSACTION_ABORTED',
  message: (at) => `${at.operation}: the transaction cannot be committed`,
  hint: 'Nothing to do unless it repeats: then look at the cause.',
}

const UNAVAILABLE: Row = {
  code: 'MR_BROKER_UNAVAILABLE',
  message: (at) => `${at.operation}: no answer from Kafka`,
  hint: 'Check the brokers option, the network, and that the brokers are up.',
}

const AUTHENTICATION: Row = {
  code: 'MR_AUTHENTICATION',
  message: (at) => `${at.operation}: Kafka refused the credentials`,
  hint: 'Check the sasl.* and ssl.* settings under kafka, and the time when credentials expire.',
}

const TOPIC_AUTHORIZATION: Row = {
  code: 'MR_AUTHORIZATION',
  message: (at) => `${at.operation}: not authorized for ${topicName(at)}`,
  hint: 'Grant this principal Read, Write and Describe on the topic.',
}

const GROUP_AUTHORIZATION: Row = {
  code: 'MR_AUTHORIZATION',
  message: (at) => `${at.operation}: not authorized for group ${at.groupId ?? ''}`,
  hint: 'Grant this principal Read on the consumer group.',
}

const CLUSTER_AUTHORIZATION: Row = {
  code: 'MR_AUTHORIZATION',
  message: (at) => `${at.operation}: not authorized for the cluster`,
  hint: 'Grant this principal IdempotentWrite (and Create, to create topics) on the cluster.',
}

const TRANSACTION_AUTHORIZATION: Row = {
  code: 'MR_AUTHORIZATION',
  message: (at) =>
    `${at.operation}: not authorized for transactional id ${at.transactionalId ?? ''}`,
  hint: 'Grant this principal Write and Describe on the transactional id.',
}

const TOO_LARGE: Row = {
  code: 'MR_RECORD_TOO_LARGE',
  message: (at) => `${at.operation}: a record is too large for ${topicName(at)}`,
  hint: "Raise the topic's max.message.bytes and message.max.bytes under kafka, or make the record smaller.",
}

const UNKNOWN_TOPIC: Row = {
  code: 'MR_UNKNOWN_TOPIC',
  message: (at) => `${at.operation}: ${topicName(at)} or its partition does not exist`,
  hint: 'Create the topic with enough partitions, or correct its name.',
}

const OUT_OF_RANGE: Row = {
  code: 'MR_OFFSET_OUT_OF_RANGE',
  message: (at) => `${at.operation}: the position is not in the log of ${topicName(at)}`,
  hint: "Compare the topic's retention with the time the application was down.",
}

const CONFIG: Row = {
  code: 'MR_CONFIG',
  message: (at) => `${at.operation}: Kafka refused a setting`,
  hint: 'Look at the cause for the name of the setting.',
}

const QUEUE_FULL: Row = {
  code: 'MR_BROKER_UNAVAILABLE',
  message: (at) => `${at.operation}: records are produced faster than Kafka takes them`,
  hint: 'Check the brokers, or commit more often.',
}

const UNDELIVERED: Row = {
  code: 'MR_PRODUCTION',
  message: (at) => `${at.operation}: a record was not delivered to ${topicName(at)}`,
  hint: 'Look at the cause.',
}

const GIVEN_UP: Row = {
  code: 'MR_TRANSACTION_ABORTED',
  message: (at) => `${at.operation}: a record was not delivered to ${topicName(at)} in time`,
  hint: 'Nothing to do unless it repeats: then check the brokers.',
}

const OTHER: Row = {
  code: 'MR_KAFKA',
  message: (at) => `${at.operation}: Kafka answered with an error`,
  hint: 'Look at the cause.',
}

function table(rows: readonly (readonly [Row, readonly number[]])[]): ReadonlyMap<number, Row> {
  return new Map(rows.flatMap(([row, codes]) => codes.map((code) => [code, row] as const)))
}

const LOST = table([
  [MEMBER_FENCED, [CODE.fencedInstanceId]],
  [INSTANCE_HELD, [CODE.unreleasedInstanceId]],
  [
    FENCED,
    [
      CODE.fenced,
      CODE.invalidProducerEpoch,
      CODE.producerFenced,
      CODE.invalidProducerIdMapping,
      CODE.unknownProducerId,
    ],
  ],
  [
    STALE,
    [
      CODE.illegalGeneration,
      CODE.unknownMemberId,
      CODE.rebalanceInProgress,
      CODE.fencedMemberEpoch,
      CODE.staleMemberEpoch,
      CODE.assignmentLost,
    ],
  ],
])

const DECISIVE = table([
  [TOPIC_AUTHORIZATION, [CODE.topicAuthorization]],
  [GROUP_AUTHORIZATION, [CODE.groupAuthorization]],
  [CLUSTER_AUTHORIZATION, [CODE.clusterAuthorization]],
  [TRANSACTION_AUTHORIZATION, [CODE.transactionalIdAuthorization]],
  [
    AUTHENTICATION,
    [
      CODE.authentication,
      CODE.ssl,
      CODE.unsupportedSaslMechanism,
      CODE.illegalSaslState,
      CODE.saslAuthentication,
    ],
  ],
  [TOO_LARGE, [CODE.messageTooLarge, CODE.recordListTooLarge, CODE.invalidMessageSize]],
  [
    UNKNOWN_TOPIC,
    [
      CODE.unknownTopicLocal,
      CODE.unknownPartition,
      CODE.unknownTopicOrPartition,
      CODE.invalidTopic,
      CODE.unknownTopicId,
      // listOffsets says so of a topic that the cluster does not have.
      CODE.noEntry,
    ],
  ],
])

const ORDINARY = table([
  [OUT_OF_RANGE, [CODE.offsetOutOfRange, CODE.autoOffsetReset]],
  [
    UNAVAILABLE,
    [
      CODE.transport,
      CODE.resolve,
      CODE.msgTimedOut,
      CODE.allBrokersDown,
      CODE.timedOut,
      CODE.timedOutQueue,
      CODE.waitCoordinator,
      CODE.inProgress,
      CODE.previousInProgress,
      CODE.retry,
      CODE.leaderNotAvailable,
      CODE.notLeader,
      CODE.requestTimedOut,
      CODE.brokerNotAvailable,
      CODE.replicaNotAvailable,
      CODE.networkException,
      CODE.coordinatorLoading,
      CODE.coordinatorNotAvailable,
      CODE.notCoordinator,
      CODE.notEnoughReplicas,
      CODE.notEnoughReplicasAfterAppend,
      CODE.concurrentTransactions,
      // A client whose metadata are from before an election: it asks for newer ones.
      CODE.listenerNotFound,
      CODE.fencedLeaderEpoch,
      CODE.unknownLeaderEpoch,
      CODE.offsetNotAvailable,
      CODE.storageError,
      CODE.unstableOffsetCommit,
      CODE.throttlingQuotaExceeded,
    ],
  ],
  [QUEUE_FULL, [CODE.queueFull]],
  [
    CONFIG,
    [
      CODE.invalidArg,
      CODE.inconsistentGroupProtocol,
      CODE.invalidSessionTimeout,
      CODE.invalidPartitions,
      CODE.invalidReplicationFactor,
      CODE.invalidConfig,
      CODE.policyViolation,
      CODE.invalidTransactionTimeout,
      CODE.unsupportedAssignor,
    ],
  ],
])
