import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { resolveAppConfig } from './app-config.ts'
import type { AppSettings } from './app-options.ts'

const VALID: AppSettings = { applicationId: 'app', brokers: 'localhost:9092', instanceId: 'one' }

const resolve = (settings: Partial<AppSettings>): ReturnType<typeof resolveAppConfig> =>
  resolveAppConfig({ ...VALID, ...settings })

/** The problems that the error lists. */
function problemsOf(settings: Partial<AppSettings>): readonly string[] {
  try {
    resolve(settings)
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_CONFIG'))
    assert.equal(error.hint, 'Correct the options passed to createApp().')
    return error.message.replace('Invalid app options: ', '').split('; ')
  }
  return []
}

describe('defaults', () => {
  test('under exactly once', () => {
    assert.deepEqual(resolve({}), {
      applicationId: 'app',
      brokers: ['localhost:9092'],
      processingGuarantee: 'exactly_once_v2',
      instanceId: 'one',
      stateDir: undefined,
      stateCleanupDelayMs: 600_000,
      staticMembership: false,
      numStandbyReplicas: 0,
      clientId: 'app-one',
      commitIntervalMs: 100,
      transactionTimeoutMs: 10_000,
      groupProtocol: 'classic',
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3000,
      maxPollIntervalMs: 300_000,
      maxTaskIdleMs: 0,
      emitIntervalMs: 1000,
      taskTimeoutMs: 300_000,
      inputBufferMaxBytes: 268_435_456,
      maxUncommittedBytes: 67_108_864,
      cacheMaxBytes: 10_485_760,
      replicationFactor: -1,
      repartitionPurgeIntervalMs: 30_000,
      autoOffsetReset: 'earliest',
      metadataMaxAgeMs: 300_000,
      closeTimeoutMs: 30_000,
      kafka: {},
    })
  })

  test('at least once commits every 30 seconds, and is otherwise the same', () => {
    const { commitIntervalMs, ...rest } = resolve({ processingGuarantee: 'at_least_once' })
    const { commitIntervalMs: shorter, ...others } = resolve({})
    assert.equal(commitIntervalMs, 30_000)
    assert.equal(shorter, 100)
    assert.deepEqual(rest, { ...others, processingGuarantee: 'at_least_once' })
  })

  test('an instance without an id has a random one, which names its client', () => {
    const { instanceId, ...nameless } = VALID
    assert.equal(instanceId, 'one')
    const [first, second] = [resolveAppConfig(nameless), resolveAppConfig(nameless)]
    assert.match(first.instanceId, /^[0-9a-f-]{36}$/)
    assert.notEqual(first.instanceId, second.instanceId)
    assert.equal(first.clientId, `app-${first.instanceId}`)
  })
})

describe('who a process is', () => {
  const nameless: AppSettings = { applicationId: 'app', brokers: 'localhost:9092' }

  test('without an id of its own it has that of its state directory', () => {
    const config = resolveAppConfig({ ...nameless, stateDir: '/state' }, 'from-disk')
    assert.equal(config.instanceId, 'from-disk')
    assert.equal(config.clientId, 'app-from-disk')
    const named = resolveAppConfig({ ...VALID, stateDir: '/state' }, 'from-disk')
    assert.equal(named.instanceId, 'one')
  })

  test('it is a static member of the group when it has the same id after a restart', () => {
    assert.equal(resolveAppConfig(nameless).staticMembership, false)
    assert.equal(resolveAppConfig(VALID).staticMembership, false)
    assert.equal(resolve({ staticMembership: true }).staticMembership, true)
  })
})

test('durations come out in milliseconds', () => {
  const config = resolve({
    commitInterval: '1 second',
    transactionTimeout: '1 minute',
    maxTaskIdle: '500 ms',
    emitInterval: '2 seconds',
    taskTimeout: 1000,
  })
  assert.equal(config.commitIntervalMs, 1000)
  assert.equal(config.transactionTimeoutMs, 60_000)
  assert.equal(config.maxTaskIdleMs, 500)
  assert.equal(config.emitIntervalMs, 2000)
  assert.equal(config.taskTimeoutMs, 1000)
})

test('maxTaskIdle -1 stays what it is: never wait', () => {
  assert.equal(resolve({ maxTaskIdle: -1 }).maxTaskIdleMs, -1)
})

test('brokers are a list, or text with commas', () => {
  const expected = ['a:9092', 'b:9093']
  assert.deepEqual(resolve({ brokers: ' a:9092 , b:9093,' }).brokers, expected)
  assert.deepEqual(resolve({ brokers: ['a:9092', ' b:9093'] }).brokers, expected)
})

test('the config is frozen, and the settings of the caller stay as they are', () => {
  const kafka = { 'security.protocol': 'ssl' }
  const settings: AppSettings = Object.freeze({ ...VALID, kafka: Object.freeze(kafka) })
  const config = resolveAppConfig(settings)
  assert.ok(Object.isFrozen(config))
  assert.notEqual(config.kafka, kafka)
  assert.deepEqual(config.kafka, kafka)
})

test('all problems are told at once', () => {
  const problems = problemsOf({
    applicationId: 'my app',
    brokers: ['localhost'],
    commitInterval: 'soon' as never,
    autoOffsetReset: { byDuration: 'long' as never },
    groupProtocol: 'static' as never,
    inputBufferMaxBytes: 0,
    kafka: { 'group.id': 'other', acks: 1 },
  })
  assert.deepEqual(problems, [
    'commitInterval is no duration: "soon"',
    `applicationId "my app" may hold letters, digits, '.', '_' and '-' only`,
    'broker localhost is not host:port',
    'groupProtocol static is not known',
    'autoOffsetReset is not known: {"byDuration":"long"}',
    'inputBufferMaxBytes must be > 0',
    "kafka['group.id'] is set by Millrace and cannot be changed",
    "kafka['acks'] is set by Millrace and cannot be changed",
  ])
})

const PROBLEMS: readonly (readonly [title: string, Partial<AppSettings>, problem: string])[] = [
  [
    'an application id too long',
    { applicationId: 'a'.repeat(151) },
    'applicationId is longer than 150 characters',
  ],
  [
    'an instance id with a slash',
    { instanceId: 'a/b' },
    'instanceId "a/b" has characters that are not legal',
  ],
  [
    'a part of a standby',
    { numStandbyReplicas: 0.5 },
    'numStandbyReplicas must be a whole number >= 0',
  ],
  [
    'less than no standby',
    { numStandbyReplicas: -1 },
    'numStandbyReplicas must be a whole number >= 0',
  ],
  ['an empty state directory', { stateDir: '' }, 'stateDir is empty'],
  [
    'an application id that is a folder above',
    { applicationId: '..' },
    'applicationId consists of dots only',
  ],
  [
    'a static member with another id after each restart',
    // What a caller in JavaScript may pass.
    { instanceId: undefined, staticMembership: true } as never,
    'staticMembership needs an instanceId or a stateDir',
  ],
  ['no brokers', { brokers: ' , ' }, 'brokers is empty'],
  [
    'an unknown guarantee',
    { processingGuarantee: 'exactly_once' as never },
    'processingGuarantee exactly_once is not known',
  ],
  ['a commit interval of 0', { commitInterval: 0 }, 'commitInterval must be > 0'],
  [
    'a transaction that times out before it is committed',
    { transactionTimeout: '1 second', commitInterval: '1 second' },
    'transactionTimeout (1000 ms) must exceed commitInterval (1000 ms)',
  ],
  [
    'a session as short as its heartbeat',
    { sessionTimeout: '3 seconds' },
    'sessionTimeout must exceed heartbeatInterval',
  ],
  [
    'a poll interval below the session',
    { maxPollInterval: '10 seconds' },
    'maxPollInterval must be at least sessionTimeout',
  ],
  [
    'no room for uncommitted bytes',
    { maxUncommittedBytes: NaN },
    'maxUncommittedBytes must be > 0',
  ],
  ['a negative cache', { cacheMaxBytes: -1 }, 'cacheMaxBytes must be >= 0'],
  [
    'a replication factor of 0',
    { replicationFactor: 0 },
    'replicationFactor must be -1 or a positive integer',
  ],
  [
    'a replication factor of 1.5',
    { replicationFactor: 1.5 },
    'replicationFactor must be -1 or a positive integer',
  ],
]

describe('refused', () => {
  for (const [title, settings, problem] of PROBLEMS) {
    test(title, () => {
      assert.deepEqual(problemsOf(settings), [problem])
    })
  }

  for (const key of [
    'transactional.id',
    'enable.auto.commit',
    'isolation.level',
    'enable.idempotence',
    'partitioner',
  ]) {
    test(`kafka['${key}'], which the guarantees rest on`, () => {
      assert.deepEqual(problemsOf({ kafka: { [key]: 'x' } }), [
        `kafka['${key}'] is set by Millrace and cannot be changed`,
      ])
    })
  }
})

test('at least once takes a commit interval longer than the transaction time-out', () => {
  assert.deepEqual(
    problemsOf({ processingGuarantee: 'at_least_once', commitInterval: '1 minute' }),
    [],
  )
})

test('the consumer protocol leaves session and heartbeat to the broker', () => {
  assert.deepEqual(problemsOf({ groupProtocol: 'consumer', heartbeatInterval: '1 minute' }), [])
})
