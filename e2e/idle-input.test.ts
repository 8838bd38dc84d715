import { serdes, StreamsBuilder, type Topology, tumbling } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { until } from './until.testkit.ts'

const STRING = { key: serdes.string, value: serdes.string } as const
const KEYS = ['a', 'b', 'c', 'd', 'e']
/** The begin of a window, in the past by less than any retention. */
const START_MS = Math.floor(Date.now() / 10_000) * 10_000 - 3_600_000
const FINAL = { emit: 'on-window-close' } as const

/** Records of each key in windows of a second, and of all keys in windows of ten, which the first must not miss. */
function counts(input: string, output: string): Topology {
  const builder = new StreamsBuilder()
  const windows = builder
    .stream(input, { ...STRING, watermark: { idle: '1 second' } })
    .groupByKey()
    .windowedBy(tumbling('1 second', { grace: '500 ms' }), FINAL)
    .count({ store: 'by-key' })
    .toStream()
  windows
    .map(({ key, window }, count) => [`${key}@${window.startMs - START_MS}`, String(count)], STRING)
    .to(output)
  windows
    .map((_, count) => ['all', String(count)], STRING)
    .repartition({ name: 'there', ...STRING })
    .groupByKey()
    .windowedBy(tumbling('2 seconds', { grace: 0 }), FINAL)
    .reduce((sum, count) => String(Number(sum) + Number(count)), { store: 'of-all' })
    .toStream()
    .map(({ key, window }, sum) => [`${key}@${window.startMs - START_MS}`, sum], STRING)
    .to(output)
  return builder.build()
}

test('the last windows are sent when no record comes any more, behind a repartition topic too', async (t) => {
  const cluster = new TestCluster(t)
  const input = await cluster.createTopic('in', 2)
  const output = await cluster.createTopic('out', 1)
  const producer = cluster.kafka.producer({ clientId: 'e2e-idle-input' })
  for (let i = 0; i < 100; i++) {
    producer.send({
      topic: input,
      partition: undefined,
      key: Buffer.from(KEYS[i % KEYS.length] ?? ''),
      value: Buffer.from(String(i)),
      timestampMs: START_MS + i,
      headers: [],
    })
  }
  await producer.flush()
  await producer.close()
  const topology = counts(input, output)
  for (const instanceId of ['one', 'two']) new TestApp(cluster, topology, { instanceId })

  const told = async (): Promise<readonly string[]> =>
    (await readTopic(cluster, output)).map(
      ({ key, value }) =>
        `${Buffer.from(key ?? '').toString()}=${Buffer.from(value ?? '').toString()}`,
    )
  let seen: readonly string[] = []
  await until('all windows are sent', async () => {
    seen = await told()
    return seen.some((one) => one.startsWith('all@'))
  })

  assert.deepEqual([...seen].sort(), [...KEYS.map((key) => `${key}@0=20`), 'all@0=100'].sort())
})
