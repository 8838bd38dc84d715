import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, MillraceError } from '../../errors/millrace-error.ts'
import { CODE } from './client-error.ts'
import { type ErrorContext, translateError } from './translate-error.ts'

const AT: ErrorContext = {
  operation: 'commit',
  clientId: 'client',
  groupId: 'group',
  transactionalId: 'transaction',
  topics: ['a', 'b'],
}

interface Flags {
  readonly isFatal?: boolean
  readonly isRetriable?: boolean
  readonly isTxnRequiresAbort?: boolean
}

function translate(code: number, flags: Flags = {}, at: ErrorContext = AT): MillraceError {
  return translateError({ code, message: 'text of the client', ...flags }, at)
}

const BY_CODE: readonly (readonly [ErrorCode, readonly (keyof typeof CODE)[]])[] = [
  ['MR_PRODUCER_FENCED', ['fenced', 'producerFenced', 'invalidProducerEpoch', 'unknownProducerId']],
  [
    'MR_STALE_GENERATION',
    [
      'illegalGeneration',
      'unknownMemberId',
      'rebalanceInProgress',
      'fencedMemberEpoch',
      'staleMemberEpoch',
      'assignmentLost',
    ],
  ],
  [
    'MR_AUTHORIZATION',
    [
      'topicAuthorization',
      'groupAuthorization',
      'clusterAuthorization',
      'transactionalIdAuthorization',
    ],
  ],
  ['MR_AUTHENTICATION', ['authentication', 'ssl', 'saslAuthentication', 'illegalSaslState']],
  ['MR_RECORD_TOO_LARGE', ['messageTooLarge', 'recordListTooLarge', 'invalidMessageSize']],
  ['MR_UNKNOWN_TOPIC', ['unknownTopicLocal', 'unknownPartition', 'unknownTopicOrPartition']],
  ['MR_OFFSET_OUT_OF_RANGE', ['offsetOutOfRange', 'autoOffsetReset']],
  [
    'MR_BROKER_UNAVAILABLE',
    [
      'transport',
      'resolve',
      'timedOut',
      'allBrokersDown',
      'coordinatorLoading',
      'notEnoughReplicas',
      'queueFull',
      'concurrentTransactions',
      'fencedLeaderEpoch',
      'unknownLeaderEpoch',
    ],
  ],
  ['MR_INSTANCE_ID_HELD', ['unreleasedInstanceId']],
  ['MR_CONFIG', ['invalidArg', 'invalidReplicationFactor', 'invalidTransactionTimeout']],
  ['MR_KAFKA', ['state', 'conflict']],
]

for (const [expected, names] of BY_CODE) {
  for (const name of names) {
    test(`${name} becomes ${expected}`, () => {
      const error = translate(CODE[name])
      assert.equal(error.code, expected)
      assert.notEqual(error.hint, undefined)
      assert.equal(error.at['kafkaCode'], CODE[name])
      assert.equal(error.at['operation'], 'commit')
      assert.notEqual(error.cause, undefined)
    })
  }
}

test('an unknown code becomes MR_KAFKA, and a retriable one MR_BROKER_UNAVAILABLE', () => {
  assert.equal(translate(9999).code, 'MR_KAFKA')
  assert.equal(translate(9999, { isRetriable: true }).code, 'MR_BROKER_UNAVAILABLE')
})

test('a lost transaction wins over the time-out that it is told with', () => {
  const error = translate(CODE.timedOut, { isTxnRequiresAbort: true, isRetriable: true })
  assert.equal(error.code, 'MR_TRANSACTION_ABORTED')
})

test('a stale generation wins over the lost transaction that it makes', () => {
  const error = translate(CODE.illegalGeneration, { isTxnRequiresAbort: true })
  assert.equal(error.code, 'MR_STALE_GENERATION')
})

test('a fenced instance id is a lost place, to a consumer and in a transaction', () => {
  const consumer = { operation: 'poll', groupId: 'group', instanceId: 'instance' }
  const code = CODE.fencedInstanceId
  assert.equal(translate(code, {}, consumer).code, 'MR_MEMBER_FENCED')
  assert.equal(translate(code, { isTxnRequiresAbort: true }).code, 'MR_MEMBER_FENCED')
})

test('a fatal error of a producer fences it, but for what a person must mend', () => {
  assert.equal(translate(CODE.inconsistent, { isFatal: true }).code, 'MR_PRODUCER_FENCED')
  assert.equal(translate(CODE.clusterAuthorization, { isFatal: true }).code, 'MR_AUTHORIZATION')
})

test('a failed delivery is the cause of the lost transaction, and names its topic', () => {
  const reason = { code: CODE.msgTimedOut, message: 'timed out' }
  const delivery = { topic: 'out', partition: 3, error: reason }
  const error = translate(CODE.inconsistent, { isTxnRequiresAbort: true }, { ...AT, delivery })
  assert.equal(error.code, 'MR_TRANSACTION_ABORTED')
  assert.equal(error.cause, reason)
  assert.equal(error.at['topic'], 'out')
  assert.equal(error.at['partition'], 3)
})

test('a record too large for the broker wins over the lost transaction', () => {
  const delivery = { topic: 'out', partition: 0, error: { code: CODE.messageTooLarge } }
  const error = translate(CODE.inconsistent, { isTxnRequiresAbort: true }, { ...AT, delivery })
  assert.equal(error.code, 'MR_RECORD_TOO_LARGE')
  assert.equal(error.at['topic'], 'out')
  assert.match(error.hint ?? '', /max\.message\.bytes/)
})

test('a fenced producer is fenced, whatever was not delivered', () => {
  const delivery = { topic: 'out', partition: 0, error: { code: CODE.messageTooLarge } }
  assert.equal(translate(CODE.fenced, {}, { ...AT, delivery }).code, 'MR_PRODUCER_FENCED')
})

test('a record that was given up outside of a transaction makes the caller start over', () => {
  const delivery = { topic: 'out', partition: 0, error: { code: CODE.msgTimedOut } }
  const error = translate(CODE.timedOut, {}, { operation: 'flush', delivery })
  assert.equal(error.action, 'abort')
  assert.match(error.message, /topic out/)
})

test('a failed delivery outside of a transaction says that the record was not produced', () => {
  const delivery = { topic: 'out', partition: 0, error: { code: 87, message: 'invalid record' } }
  const error = translate(CODE.timedOut, {}, { operation: 'flush', delivery })
  assert.equal(error.code, 'MR_PRODUCTION')
})

test('authorization names the resource', () => {
  assert.match(translate(CODE.groupAuthorization).message, /group group$/)
  assert.match(
    translate(CODE.transactionalIdAuthorization).message,
    /transactional id transaction$/,
  )
  const topic = translate(CODE.topicAuthorization, {}, { operation: 'send', topic: 'secret' })
  assert.match(topic.message, /topic secret$/)
  assert.equal(translate(CODE.topicAuthorization).at['topics'], 'a, b')
})

test('an error that has only a text is known by it', () => {
  const error = translateError(new Error('Local: Broker transport failure'), AT)
  assert.equal(error.code, 'MR_BROKER_UNAVAILABLE')
})

test('a MillraceError is left as it is', () => {
  const error = new MillraceError('MR_CONFIG', 'wrong')
  assert.equal(translateError(error, AT), error)
})
