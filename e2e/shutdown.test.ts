import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'

/** A commit, and leaving the group. */
const CLOSE_BOUND_MS = 10_000
const CLOSE_TIMEOUT_MS = 3000
/** On top of the time-out, for a machine that is busy with other tests. */
const SLACK_MS = 5000

describe('a shutdown', { concurrency: 3 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} commits what was done, leaves no open transaction and exits with 0`, async (t) => {
      const cluster = new TestCluster(t)
      const inputs = new Inputs(cluster)
      const topics = {
        inputs: [await cluster.createTopic('in', 3)],
        output: await cluster.createTopic('out', 2),
      }
      const start = () =>
        cluster.startMember({
          topology: 'count',
          topics,
          app: {
            applicationId: cluster.id,
            sessionTimeout: 6000,
            // Nothing is committed but by the shutdown.
            commitInterval: '20 seconds',
            transactionTimeout: '2 minutes',
          },
        })
      await inputs.write(topics.inputs, 2000)
      const member = start()
      await member.until('all is processed', () => member.metrics?.recordsProcessed === 2000)
      assert.equal(member.metrics?.commits, 0)
      member.signal(signal)
      assert.deepEqual(
        await member.untilExit(CLOSE_BOUND_MS),
        { code: 0, signal: null },
        member.lastWords(),
      )
      assert.deepEqual(member.states, ['rebalancing', 'running', 'closing', 'closed'])
      const output = await CountedOutput.open(cluster, topics.output)
      assert.equal(await output.isStable(), true)
      await output.assertExact(inputs.written)
    })
  }

  test('a listener sees every state once, in order', async (t) => {
    const cluster = new TestCluster(t)
    const topics = {
      inputs: [await cluster.createTopic('in', 1)],
      output: await cluster.createTopic('out', 1),
    }
    const member = new TestApp(cluster, TOPOLOGIES.count(topics))
    assert.equal(member.app.state, 'rebalancing')
    await member.untilState('running')
    await member.app.close()
    assert.deepEqual(member.states, ['rebalancing', 'running', 'closing', 'closed'])
    assert.equal(await member.ended, undefined)
    await member.app.close()
    assert.equal(member.app.state, 'closed')
  })
})

test('close() ends in time when the broker is gone, and so does the process', async (t) => {
  const { cluster, broker } = await TestCluster.withOwnBroker(t)
  const inputs = new Inputs(cluster)
  const topics = {
    inputs: [await cluster.createTopic('in', 2)],
    output: await cluster.createTopic('out', 2),
  }
  await inputs.write(topics.inputs, 1000)
  const settings = {
    closeTimeout: CLOSE_TIMEOUT_MS,
    commitInterval: 9000,
    transactionTimeout: 10_000,
  }
  const other = cluster.startMember({
    topology: 'count',
    topics,
    app: { ...settings, applicationId: `${cluster.id}-other`, sessionTimeout: 6000 },
  })
  const member = new TestApp(cluster, TOPOLOGIES.count(topics), settings)
  await member.until('it works', () => member.app.metrics().recordsProcessed > 0)
  await other.until('it works', () => (other.metrics?.recordsProcessed ?? 0) > 0)
  await broker.kill()

  const before = performance.now()
  const closed = member.app.close().catch((error: unknown) => error)
  other.signal('SIGTERM')
  const error = await closed
  assert.ok(performance.now() - before < CLOSE_TIMEOUT_MS + SLACK_MS)
  assert.ok(error === undefined || MillraceError.is(error, 'MR_CLOSE_TIMEOUT'), String(error))
  await other.untilExit(CLOSE_TIMEOUT_MS + SLACK_MS)
  assert.ok(other.error === undefined || other.error.code === 'MR_CLOSE_TIMEOUT')
  await broker.restart()
})
