import { serdes, StreamsBuilder } from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'

/** Nothing listens on the discard port. */
const NOBODY = '127.0.0.1:9'

describe('topics that are not as they must be', { concurrency: 3 }, () => {
  test('all source topics that do not exist are named', async (t) => {
    const cluster = new TestCluster(t)
    const topics = {
      inputs: [`${cluster.id}-missing`, await cluster.createTopic('here', 1), `${cluster.id}-gone`],
      output: await cluster.createTopic('out', 1),
    }
    const error = await new TestApp(cluster, TOPOLOGIES.count(topics)).untilFailed(
      'MR_UNKNOWN_TOPIC',
    )
    assert.match(error.message, new RegExp(`${cluster.id}-missing`))
    assert.match(error.message, new RegExp(`${cluster.id}-gone`))
    assert.doesNotMatch(error.message, new RegExp(`${cluster.id}-here`))
    assert.equal(error.at['topic'], `${cluster.id}-missing`)
  })

  test('a sink topic that does not exist is named', { timeout: 60_000 }, async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster)
    const input = await cluster.createTopic('in', 1)
    await inputs.write([input], 10)
    const missing = `${cluster.id}-missing`
    const error = await new TestApp(
      cluster,
      TOPOLOGIES.count({ inputs: [input], output: missing }),
    ).untilFailed('MR_UNKNOWN_TOPIC')
    assert.match(error.message, new RegExp(missing))
  })

  test('a topic that a function names and that does not exist is named', async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster)
    const input = await cluster.createTopic('in', 1)
    await inputs.write([input], 10)
    const builder = new StreamsBuilder()
    builder
      .stream(input, { key: serdes.string, value: serdes.string })
      .to((key) => `${cluster.id}-for-${key}`)
    const error = await new TestApp(cluster, builder.build()).untilFailed('MR_UNKNOWN_TOPIC')
    assert.match(error.message, new RegExp(`${cluster.id}-for-k\\d`))
  })

  test('an internal topic with another partition count is named, with both counts', async (t) => {
    const cluster = new TestCluster(t)
    const topics = {
      inputs: [await cluster.createTopic('in', 3)],
      output: await cluster.createTopic('out', 1),
    }
    const changelog = await cluster.createTopic('counts-changelog', 5)
    const error = await new TestApp(cluster, TOPOLOGIES.count(topics)).untilFailed(
      'MR_INTERNAL_TOPIC',
    )
    assert.match(error.message, new RegExp(`${changelog} has 5, needs 3`))
    assert.equal(error.at['topic'], changelog)
  })

  test('a broker that cannot be reached is tried again until taskTimeout', async (t) => {
    const cluster = new TestCluster(t)
    const topics = { inputs: ['in'], output: 'out' }
    const member = new TestApp(cluster, TOPOLOGIES.count(topics), {
      brokers: NOBODY,
      port: () => cluster.newKafka(NOBODY),
      // The client takes up to 15 s to find out that there is nobody: time for two attempts.
      taskTimeout: 18_000,
    })
    await member.untilFailed('MR_TASK_TIMEOUT')
    assert.ok(
      member.log.some(
        (line) => line.startsWith('warn looking up topics') && line.includes('trying again'),
      ),
      member.lastWords(),
    )
  })
})
