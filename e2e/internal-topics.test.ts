import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { Inputs } from './inputs.testkit.ts'
import { describeTopicConfigs } from './raw-admin.testkit.ts'
import { TOPOLOGIES } from './topologies.testkit.ts'
import { until } from './until.testkit.ts'

const STRING = { key: serdes.string, value: serdes.string } as const

/** A stream that is repartitioned with a count of its own, and counted; a table of another topic. */
function topology(wide: string, narrow: string): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream([wide, narrow], STRING)
    .selectKey((_key, value) => value, { key: serdes.string })
    .repartition({ name: 'fixed', partitions: 5, ...STRING })
    .groupByKey()
    .count({ store: 'per-value' })
  builder
    .stream(`${wide}-2`, STRING)
    .groupBy((_key, value) => value, { ...STRING, name: 'grouped' })
    .count({ store: 'per-group', topicConfig: { 'segment.ms': '600000' } })
  return builder.build()
}

test("internal topics have Kafka Streams' names, partition counts and settings", async (t) => {
  const cluster = new TestCluster(t)
  const wide = await cluster.createTopic('wide', 4)
  const narrow = await cluster.createTopic('narrow', 2)
  await cluster.createTopic('wide-2', 3)
  const member = new TestApp(cluster, topology(wide, narrow))
  await member.untilState('running')

  const names = (await cluster.admin.listTopics()).filter((name) => name.startsWith(cluster.id))
  const found = await cluster.admin.describeTopics(names)
  const own = (name: string): string => `${cluster.id}-${name}`
  assert.deepEqual(
    new Map(found.map(({ topic, partitions }) => [topic, partitions])),
    new Map<string, number>([
      [wide, 4],
      [narrow, 2],
      [own('wide-2'), 3],
      [own('fixed-repartition'), 5],
      [own('grouped-repartition'), 3],
      [own('per-value-changelog'), 5],
      [own('per-group-changelog'), 3],
    ]),
  )
  const repartition = {
    'cleanup.policy': 'delete',
    'message.timestamp.type': 'CreateTime',
    'retention.ms': '-1',
    'segment.bytes': '52428800',
  }
  const changelog = { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' }
  assert.deepEqual(
    await describeTopicConfigs(cluster.brokers, [
      own('fixed-repartition'),
      own('grouped-repartition'),
      own('per-value-changelog'),
      own('per-group-changelog'),
    ]),
    new Map<string, Record<string, string>>([
      [own('fixed-repartition'), repartition],
      [own('grouped-repartition'), repartition],
      [own('per-value-changelog'), changelog],
      [own('per-group-changelog'), { ...changelog, 'segment.ms': '600000' }],
    ]),
  )
})

test('records of a repartition topic are deleted when they are committed', async (t) => {
  const cluster = new TestCluster(t)
  const inputs = new Inputs(cluster)
  const topics = {
    inputs: [await cluster.createTopic('in', 2)],
    output: await cluster.createTopic('out', 2),
  }
  const output = await CountedOutput.open(cluster, topics.output)
  const member = new TestApp(cluster, TOPOLOGIES['count-repartitioned'](topics), {
    repartitionPurgeInterval: 200,
  })
  await inputs.write(topics.inputs, 2000)
  await output.assertExact(inputs.written)

  const partitions = [0, 1].map((partition) => ({
    topic: `${cluster.id}-by-key-repartition`,
    partition,
  }))
  const ends = await cluster.admin.listOffsets(partitions, 'stable-end')
  // The purge comes with a commit, and a commit with records.
  await inputs.write(topics.inputs, 100)
  await until('the first records are deleted', async () => {
    await inputs.write(topics.inputs, 10)
    const starts = await cluster.admin.listOffsets(partitions, 'start')
    return starts.every(({ partition, offset }) => offset >= (ends[partition]?.offset ?? 0))
  })
  await output.assertExact(inputs.written)
  await member.app.close()
})
