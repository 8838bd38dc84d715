import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'

test('a repartition topic with another partition count is named, with both counts, and left as it is', async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster)
  const topics = {
    inputs: [await cluster.createTopic('in', 3)],
    output: await cluster.createTopic('out', 1),
  }
  const repartition = await cluster.createTopic('by-key-repartition', 2)
  await inputs.write(topics.inputs, 30)
  const member = new TestApp(cluster, TOPOLOGIES['count-repartitioned'](topics))

  const error = await member.untilFailed('MR_INTERNAL_TOPIC')
  assert.match(error.message, new RegExp(`${repartition} has 2, needs 3`))
  assert.equal(error.at['topic'], repartition)
  assert.match(error.hint ?? '', /another applicationId/)
  assert.deepEqual(member.states, ['rebalancing', 'error'])
  assert.equal(member.app.metrics().recordsConsumed, 0)
  const [found] = await cluster.admin.describeTopics([repartition])
  assert.equal(found?.partitions, 2)
})
