import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { MemberProcess } from './member-process.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'

/** Nothing listens on the discard port. */
const NOBODY = '127.0.0.1:9'
const TOPICS = { inputs: ['in'], output: 'out' }
/** Of the log, at the first attempt that failed. */
const RETRIES = 'trying again'
/** The client cannot be interrupted: a look-up takes 15 s to find out that there is nobody. */
const ATTEMPT_MS = 15_000
/** On top of a time-out, for a machine that is busy with other tests. */
const SLACK_MS = 5000
const CLOSE_TIMEOUT_MS = 1000

describe('while no broker can be reached', { concurrency: 4 }, () => {
  test('close() ends with the attempt that is under way', async (t) => {
    const cluster = new TestCluster(t)
    const member = new TestApp(cluster, TOPOLOGIES.count(TOPICS), {
      port: () => cluster.newKafka(NOBODY),
    })
    await member.untilState('rebalancing')
    const before = performance.now()
    await member.app.close()
    const tookMs = performance.now() - before
    assert.ok(tookMs < ATTEMPT_MS + SLACK_MS, `${tookMs} ms\n${member.lastWords()}`)
    assert.equal(await member.ended, undefined)
    assert.deepEqual(member.states, ['rebalancing', 'closing', 'closed'])
  })

  test('close() waits for that no longer than closeTimeout', async (t) => {
    const cluster = new TestCluster(t)
    const member = new TestApp(cluster, TOPOLOGIES.count(TOPICS), {
      port: () => cluster.newKafka(NOBODY),
      closeTimeout: CLOSE_TIMEOUT_MS,
    })
    await member.untilState('rebalancing')
    const before = performance.now()
    await assert.rejects(member.app.close(), { code: 'MR_CLOSE_TIMEOUT' })
    const tookMs = performance.now() - before
    assert.ok(tookMs < CLOSE_TIMEOUT_MS + SLACK_MS, `${tookMs} ms\n${member.lastWords()}`)
    assert.equal(await member.ended, undefined)
    assert.equal(member.app.state, 'closed')
  })

  test('SIGTERM ends a process, with success', async (t) => {
    const cluster = new TestCluster(t)
    const member = new MemberProcess({
      brokers: NOBODY,
      topology: 'count',
      topics: TOPICS,
      app: { applicationId: cluster.id },
    })
    cluster.defer(async () => {
      await member.kill()
    })
    await member.untilState('rebalancing')
    await member.terminate(ATTEMPT_MS + SLACK_MS)
    assert.equal(member.error, undefined)
    assert.deepEqual(member.states, ['rebalancing', 'closing', 'closed'])
  })

  test('an app waits for it, and works when it is there', { timeout: 120_000 }, async (t) => {
    const { cluster, broker } = await TestCluster.withOwnBroker(t, {})
    const inputs = new Inputs(cluster)
    const topics = {
      inputs: [await cluster.createTopic('in', 2)],
      output: await cluster.createTopic('out', 2),
    }
    await inputs.write(topics.inputs, 500)
    await broker.kill('SIGTERM')
    const member = new TestApp(cluster, TOPOLOGIES['count-repartitioned'](topics))
    await member.until('it says so', () => member.log.some((line) => line.includes(RETRIES)))
    assert.deepEqual(member.states, ['rebalancing'])

    await broker.restart()
    await member.untilState('running')
    const output = await CountedOutput.open(cluster, topics.output)
    await output.assertExact(inputs.written)
    await member.app.close()
  })
})
