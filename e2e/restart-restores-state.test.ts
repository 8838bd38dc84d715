import type { AppSettings } from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readChangelog } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import type { MemberProcess } from './member-process.testkit.ts'
import type { Counted, TopologyTopics } from './topologies.testkit.ts'

/** So many keys that a changelog is read in several polls. */
const INPUTS = 30_000
const KEYS = 20_000

function starter(
  cluster: TestCluster,
  topics: TopologyTopics,
  app: Partial<AppSettings>,
): () => MemberProcess {
  return () =>
    cluster.startMember({
      topology: 'count',
      topics,
      app: {
        applicationId: cluster.id,
        instanceId: 'the-one',
        sessionTimeout: 6000,
        commitInterval: 100,
        ...app,
      },
    })
}

/** All of the changelog was read back, and said so. */
async function assertRestored(cluster: TestCluster, member: MemberProcess): Promise<void> {
  const { records } = await readChangelog(cluster, 'counts')
  await member.untilState('running')
  const ends = member.restores.filter(({ phase }) => phase === 'end')
  const starts = member.restores.filter(({ phase }) => phase === 'start')
  assert.deepEqual(taskIds(starts), ['0_0', '0_1', '0_2'])
  assert.deepEqual(taskIds(ends), ['0_0', '0_1', '0_2'])
  assert.equal(
    ends.reduce((sum, { restored }) => sum + restored, 0),
    records.length,
  )
  await member.until('restored records in the metrics', () => {
    return member.metrics?.recordsRestored === records.length
  })
}

function taskIds(progress: readonly { readonly taskId: string }[]): string[] {
  return progress.map(({ taskId }) => taskId).sort()
}

describe('a member that starts again has its state from the changelog', { concurrency: 2 }, () => {
  test('exactly once: counts go on after a shutdown and after a kill', async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster, KEYS)
    const topics = {
      inputs: [await cluster.createTopic('in', 3)],
      output: await cluster.createTopic('out', 3),
    }
    const start = starter(cluster, topics, {})
    const output = await CountedOutput.open(cluster, topics.output)

    await inputs.write(topics.inputs, INPUTS)
    const first = start()
    await output.assertExact(inputs.written)
    assert.deepEqual(first.restores, [])
    await first.terminate()

    const second = start()
    await assertRestored(cluster, second)
    await inputs.write(topics.inputs, INPUTS)
    await output.assertExact(inputs.written)
    await second.kill()

    const third = start()
    await assertRestored(cluster, third)
    await inputs.write(topics.inputs, INPUTS)
    await output.assertExact(inputs.written)
    await third.terminate()
  })

  test('at least once: counts go on after a shutdown', async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster)
    const topics = {
      inputs: [await cluster.createTopic('in', 3)],
      output: await cluster.createTopic('out', 3),
    }
    const start = starter(cluster, topics, { processingGuarantee: 'at_least_once' })
    const output = await CountedOutput.open(cluster, topics.output)

    await inputs.write(topics.inputs, INPUTS)
    const first = start()
    await output.assertExact(inputs.written)
    await first.terminate()

    const second = start()
    await assertRestored(cluster, second)
    await inputs.write(topics.inputs, INPUTS)
    await output.assertExact(inputs.written)
    await second.terminate()
  })

  test("the changelog is Kafka Streams': raw value, the row's time as timestamp, no headers", async (t) => {
    const cluster = new TestCluster(t)
    const inputs = new Inputs(cluster, 3)
    const topics = {
      inputs: [await cluster.createTopic('in', 1)],
      output: await cluster.createTopic('out', 1),
    }
    await inputs.write(topics.inputs, 9)
    const member = starter(cluster, topics, {})()
    const output = await CountedOutput.open(cluster, topics.output)
    await output.assertExact(inputs.written)
    await member.terminate()

    const { records } = await readChangelog(cluster, 'counts')
    const last = records.slice(-3)
    assert.deepEqual(
      last.map(({ key }) => Buffer.from(key ?? []).toString()),
      ['k0', 'k1', 'k2'],
    )
    for (const [index, { key, value, timestamp, headers }] of last.entries()) {
      const row: Counted = { count: 3, id: `i${6 + index}` }
      assert.equal(Buffer.from(value ?? []).toString(), JSON.stringify(row))
      assert.equal(timestamp, inputs.timestampOf(6 + index), String(key))
      assert.deepEqual(headers, [])
    }
  })
})
