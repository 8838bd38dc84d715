import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'

const EACH = 3000
const START_MS = 1_700_000_000_000
const STRING = { key: serdes.string, value: serdes.string } as const

/** Both topics in one task, in the order in which it takes the records. */
function merged(left: string, right: string, output: string): Topology {
  const builder = new StreamsBuilder()
  builder.stream(left, STRING).merge(builder.stream(right, STRING)).to(output)
  return builder.build()
}

/** Written one topic after the other, interleaved in time: `left` has the even milliseconds. */
async function write(cluster: TestCluster, topic: string, firstMs: number): Promise<void> {
  const producer = cluster.kafka.producer({ clientId: 'e2e-order' })
  await producer.flush()
  for (let i = 0; i < EACH; i++) {
    const timestampMs = firstMs + 2 * i
    producer.send({
      topic,
      partition: 0,
      key: Buffer.from(topic),
      value: Buffer.from(String(timestampMs)),
      timestampMs,
      headers: [],
    })
  }
  await producer.flush()
  await producer.close()
}

for (const laggard of ['left', 'right'] as const) {
  test(`a task takes records by their time, though all of ${laggard} comes last`, async (t) => {
    const cluster = new TestCluster(t)
    const topics = {
      left: await cluster.createTopic('left', 1),
      right: await cluster.createTopic('right', 1),
    }
    const output = await cluster.createTopic('out', 1)
    const early = laggard === 'left' ? 'right' : 'left'
    await write(cluster, topics[early], START_MS + (early === 'right' ? 1 : 0))
    await write(cluster, topics[laggard], START_MS + (laggard === 'right' ? 1 : 0))

    const member = new TestApp(cluster, merged(topics.left, topics.right, output), {
      maxTaskIdle: 0,
    })
    await member.until('all is processed', () => {
      return member.app.metrics().recordsProcessed === 2 * EACH
    })
    await member.app.close()

    const times = (await readTopic(cluster, output)).map(({ timestamp }) => timestamp)
    assert.deepEqual(
      times,
      Array.from({ length: 2 * EACH }, (_, i) => START_MS + i),
    )
  })
}
