import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'

/** Of the log, when a signal has arrived. */
const TAKEN = /: closing /
const CLOSE_BOUND_MS = 10_000

test('a signal that comes again while the app closes changes nothing', async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster)
  const topics = {
    inputs: [await cluster.createTopic('in', 3)],
    output: await cluster.createTopic('out', 2),
  }
  await inputs.write(topics.inputs, 3000)
  const member = cluster.startMember({
    topology: 'count-repartitioned',
    topics,
    app: {
      applicationId: cluster.id,
      sessionTimeout: 6000,
      // Nothing is committed but by the shutdown: there is something to be lost.
      commitInterval: '20 seconds',
      transactionTimeout: '2 minutes',
    },
  })
  await member.until('all is processed', () => member.metrics?.recordsProcessed === 3000)
  member.signal('SIGTERM')
  await member.until('the first one is taken', () => member.log.some((line) => TAKEN.test(line)))
  member.signal('SIGTERM')
  member.signal('SIGINT')
  const exit = await member.untilExit(CLOSE_BOUND_MS)
  assert.deepEqual(exit, { code: 0, signal: null }, member.lastWords())
  assert.deepEqual(member.states, ['rebalancing', 'running', 'closing', 'closed'])

  const repartition = await CountedOutput.open(cluster, `${cluster.id}-by-key-repartition`)
  assert.equal(await repartition.isStable(), true)
  const next = cluster.startMember({
    topology: 'count-repartitioned',
    topics,
    app: { applicationId: cluster.id, sessionTimeout: 6000 },
  })
  const output = await CountedOutput.open(cluster, topics.output)
  await output.assertExact(inputs.written)
  // The second half of the topology was all that was left to do.
  assert.equal(next.metrics?.recordsProcessed, 3000)
  await next.terminate()
})
