import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'
import { until } from './until.testkit.ts'

test('of two processes with one instanceId one is told so, and the other goes on', async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster)
  const topics = {
    inputs: [await cluster.createTopic('in', 4)],
    output: await cluster.createTopic('out', 2),
  }
  const writing = inputs.writeSteadily(topics.inputs, 10)
  const start = (): TestApp =>
    new TestApp(cluster, TOPOLOGIES.count(topics), { instanceId: 'the-same' })
  const both = [start(), start()]
  await until('one of them has failed', () => both.some(({ app }) => app.state === 'error'), {
    lastWords: () => both.map((one) => one.lastWords()).join('\n\n'),
  })
  const loser = both.find(({ app }) => app.state === 'error')
  const winner = both.find((one) => one !== loser)
  assert.ok(loser !== undefined && winner !== undefined)
  const error = await loser.untilFailed('MR_INSTANCE_ID_IN_USE')
  assert.match(String(error.at['instanceId']), /^the-same/)
  assert.match(error.hint ?? '', /instanceId of its own/)

  await winner.untilState('running')
  await writing.stop()
  const output = await CountedOutput.open(cluster, topics.output)
  await output.assertExact(inputs.written)
  await winner.app.close()
  await output.assertExact(inputs.written)
})
