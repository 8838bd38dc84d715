import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type JvmBroker, startJvmBroker } from '@millrace/tools/broker'
import { TestApp } from './app.testkit.ts'
import { type RawSettings, TestCluster } from './cluster.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { type Grant, grant } from './raw-admin.testkit.ts'

const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
const USERS = ['admin', 'nothing', 'no-read', 'no-write', 'no-group', 'no-transaction'] as const
const SECURED = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  // The broker itself, and the test, come in by listeners without a login.
  'super.users': 'User:ANONYMOUS;User:admin',
  'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'listener.name.client.sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.client.plain.sasl.jaas.config': `${LOGIN} ${USERS.map((user) => `user_${user}="secret-${user}"`).join(' ')};`,
}

function login(user: string, password = `secret-${user}`): RawSettings {
  return {
    'security.protocol': 'sasl_plaintext',
    'sasl.mechanism': 'PLAIN',
    'sasl.username': user,
    'sasl.password': password,
  }
}

/** The listener on which everybody is a super user. */
function internalListener({ dataDir }: JvmBroker): string {
  const properties = readFileSync(join(dataDir, 'server.properties'), 'utf8')
  return /INTERNAL:\/\/([\d.]+:\d+)/.exec(properties)?.[1] ?? ''
}

function copy(input: string, output: string): Topology {
  const builder = new StreamsBuilder()
  builder.stream(input, { key: serdes.string, value: serdes.string }).to(output)
  return builder.build()
}

/** All that the app needs, but what the user's name says. */
function grantsFor(user: string, application: string, transactionalId: string): Grant[] {
  const input = `${application}-in`
  const output = `${application}-out`
  const all: (Grant | false)[] = [
    { user, resource: 'topic', name: input, operation: 'describe' },
    user !== 'no-read' && { user, resource: 'topic', name: input, operation: 'read' },
    { user, resource: 'topic', name: output, operation: 'describe' },
    user !== 'no-write' && { user, resource: 'topic', name: output, operation: 'write' },
    user !== 'no-group' && { user, resource: 'group', name: application, operation: 'read' },
    user !== 'no-transaction' && {
      user,
      resource: 'transactionalId',
      name: transactionalId,
      operation: 'write',
    },
  ]
  return all.filter((one) => one !== false)
}

describe('a principal that may not', { concurrency: 3 }, () => {
  let broker: JvmBroker | undefined
  before(async () => {
    broker = await startJvmBroker({ properties: SECURED })
  })
  after(() => broker?.stop())

  for (const [user, named] of [
    ['no-read', (id: string) => `topic ${id}-in`],
    ['no-write', (id: string) => `topic ${id}-out`],
    ['no-group', (id: string) => `group ${id}`],
    ['no-transaction', (id: string) => `transactional id ${id}-the-one`],
  ] as const) {
    test(`${user}: the app stops and names the resource`, { timeout: 60_000 }, async (t) => {
      assert.ok(broker !== undefined)
      const cluster = new TestCluster(t, { broker, login: login('admin') })
      const inputs = new Inputs(cluster)
      const input = await cluster.createTopic('in', 1)
      const output = await cluster.createTopic('out', 1)
      await inputs.write([input], 10)
      const grants = grantsFor(user, cluster.id, `${cluster.id}-the-one`)
      await grant(internalListener(broker), grants)
      const member = new TestApp(cluster, copy(input, output), {
        instanceId: 'the-one',
        port: () => cluster.newKafka(cluster.brokers, login(user)),
      })
      const error = await member.untilFailed('MR_AUTHORIZATION')
      assert.ok(error.message.endsWith(`not authorized for ${named(cluster.id)}`), error.message)
      assert.notEqual(error.hint, undefined)
    })
  }

  test('see a topic: the app stops and names it', { timeout: 60_000 }, async (t) => {
    assert.ok(broker !== undefined)
    const cluster = new TestCluster(t, { broker, login: login('admin') })
    const input = await cluster.createTopic('in', 1)
    const member = new TestApp(cluster, copy(input, `${cluster.id}-out`), {
      port: () => cluster.newKafka(cluster.brokers, login('nothing')),
    })
    const error = await member.untilFailed('MR_AUTHORIZATION')
    assert.match(error.message, new RegExp(input))
  })

  test('log in: the app stops and says so', { timeout: 60_000 }, async (t) => {
    assert.ok(broker !== undefined)
    const cluster = new TestCluster(t, { broker, login: login('admin') })
    const member = new TestApp(cluster, copy('in', 'out'), {
      port: () => cluster.newKafka(cluster.brokers, login('nothing', 'wrong')),
    })
    await member.untilFailed('MR_AUTHENTICATION')
  })
})
