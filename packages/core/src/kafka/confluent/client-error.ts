/**
 * Codes of librdkafka (negative) and of brokers (positive) that this adapter decides by.
 * The client has them as untyped numbers, some under two names.
 */
export const CODE = {
  noError: 0,
  transport: -195,
  resolve: -193,
  msgTimedOut: -192,
  unknownPartition: -190,
  unknownTopicLocal: -188,
  allBrokersDown: -187,
  invalidArg: -186,
  timedOut: -185,
  queueFull: -184,
  ssl: -181,
  waitCoordinator: -180,
  inProgress: -178,
  previousInProgress: -177,
  assignPartitions: -175,
  revokePartitions: -174,
  conflict: -173,
  state: -172,
  authentication: -169,
  timedOutQueue: -166,
  noEntry: -156,
  retry: -153,
  purgeQueue: -152,
  purgeInFlight: -151,
  fatal: -150,
  inconsistent: -149,
  maxPollExceeded: -147,
  fenced: -144,
  assignmentLost: -142,
  autoOffsetReset: -140,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  invalidMessageSize: 4,
  leaderNotAvailable: 5,
  notLeader: 6,
  requestTimedOut: 7,
  brokerNotAvailable: 8,
  replicaNotAvailable: 9,
  messageTooLarge: 10,
  networkException: 13,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  invalidTopic: 17,
  recordListTooLarge: 18,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  illegalGeneration: 22,
  inconsistentGroupProtocol: 23,
  unknownMemberId: 25,
  invalidSessionTimeout: 26,
  rebalanceInProgress: 27,
  topicAuthorization: 29,
  groupAuthorization: 30,
  clusterAuthorization: 31,
  unsupportedSaslMechanism: 33,
  illegalSaslState: 34,
  topicAlreadyExists: 36,
  invalidPartitions: 37,
  invalidReplicationFactor: 38,
  invalidConfig: 40,
  policyViolation: 44,
  invalidProducerEpoch: 47,
  invalidProducerIdMapping: 49,
  invalidTransactionTimeout: 50,
  concurrentTransactions: 51,
  transactionalIdAuthorization: 53,
  storageError: 56,
  saslAuthentication: 58,
  unknownProducerId: 59,
  groupIdNotFound: 69,
  listenerNotFound: 72,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  offsetNotAvailable: 78,
  fencedInstanceId: 82,
  unstableOffsetCommit: 88,
  throttlingQuotaExceeded: 89,
  producerFenced: 90,
  unknownTopicId: 100,
  fencedMemberEpoch: 110,
  unreleasedInstanceId: 111,
  unsupportedAssignor: 112,
  staleMemberEpoch: 113,
} as const

/** What the client tells about an error; `code` is undefined where it gives only a text. */
export interface ClientError {
  readonly code: number | undefined
  readonly message: string
  readonly isFatal: boolean
  readonly isRetriable: boolean
  readonly requiresAbort: boolean
}

/**
 * Errors that come as events, or inside lists, carry the text of librdkafka's `err2str` and no code.
 * The client splits it at the colon and lowers its case.
 */
const CODE_BY_TEXT: Readonly<Record<string, number>> = {
  'all broker connections are down': CODE.allBrokersDown,
  'broker transport failure': CODE.transport,
  'host resolution failure': CODE.resolve,
  'authentication failure': CODE.authentication,
  'ssl error': CODE.ssl,
  'fatal error': CODE.fatal,
  'timed out': CODE.timedOut,
  'unknown topic or partition': CODE.unknownTopicOrPartition,
  'topic authorization failed': CODE.topicAuthorization,
  'group authorization failed': CODE.groupAuthorization,
  'there are unstable offsets that need to be cleared': CODE.unstableOffsetCommit,
}

/** Reasons why a consumer of the client ends for good; a line of its log has them as part of the text. */
const FATAL_TEXTS: readonly (readonly [text: string, code: number])[] = [
  ['Static consumer fenced by other consumer', CODE.fencedInstanceId],
  ['The instance ID is still used by another member', CODE.unreleasedInstanceId],
]

/** The code behind a fatal error, as the client's log has it; 'fatal' when it says no more. */
export function codeOfFatal(message: string): number {
  return FATAL_TEXTS.find(([text]) => message.includes(text))?.[1] ?? CODE.fatal
}

export function readClientError(error: unknown): ClientError {
  if (typeof error !== 'object' || error === null) {
    return { ...NO_DETAIL, message: String(error) }
  }
  const message = 'message' in error ? String(error.message) : 'unknown error'
  const code = 'code' in error && typeof error.code === 'number' ? error.code : -1
  return {
    // -1 is both the broker's UNKNOWN and the client's "no code": the text decides.
    code: code === -1 ? CODE_BY_TEXT[message.replace(/^[^:]*: /, '').toLowerCase()] : code,
    message,
    // A call that returns at once tells it by the code only.
    isFatal: ('isFatal' in error && error.isFatal === true) || code === CODE.fatal,
    isRetriable: 'isRetriable' in error && error.isRetriable === true,
    requiresAbort: 'isTxnRequiresAbort' in error && error.isTxnRequiresAbort === true,
  }
}

const NO_DETAIL = { code: undefined, isFatal: false, isRetriable: false, requiresAbort: false }
