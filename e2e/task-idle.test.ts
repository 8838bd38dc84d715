import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import type { KafkaPort, PolledBatch } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'

const EACH = 500
/** In the past by less than any retention: the broker would delete the records at some moment. */
const START_MS = Date.now() - 3_600_000
const STRING = { key: serdes.string, value: serdes.string } as const

/** Both topics in one task, in the order in which it takes the records. */
function merged(early: string, late: string, output: string): Topology {
  const builder = new StreamsBuilder()
  builder.stream(early, STRING).merge(builder.stream(late, STRING)).to(output)
  return builder.build()
}

/** The early topic has the even milliseconds, the late one the odd ones. */
async function write(cluster: TestCluster, topic: string, firstMs: number): Promise<void> {
  const producer = cluster.kafka.producer({ clientId: 'e2e-task-idle' })
  await producer.flush()
  for (let i = 0; i < EACH; i++) {
    producer.send({
      topic,
      partition: 0,
      key: Buffer.from('k'),
      value: Buffer.from(String(i)),
      timestampMs: firstMs + 2 * i,
      headers: [],
    })
  }
  await producer.flush()
  await producer.close()
}

/** Keeps back what a poll gives of one topic, as if the broker were slow to send it. */
class HeldTopic {
  readonly #topic: string
  #held: PolledBatch = { records: [], ends: [] }
  #isReleased = false
  /** Polls that came back since the last record of another topic. */
  quietPolls = 0

  constructor(topic: string) {
    this.#topic = topic
  }

  release(): void {
    this.#isReleased = true
  }

  wrap(kafka: KafkaPort): KafkaPort {
    return {
      ...kafka,
      groupConsumer: (options) => {
        const consumer = kafka.groupConsumer(options)
        const poll = consumer.poll.bind(consumer)
        consumer.poll = async (...args) => this.#pass(await poll(...args))
        return consumer
      },
    }
  }

  #pass(batch: PolledBatch): PolledBatch {
    const before = this.#held
    const all = {
      records: [...before.records, ...batch.records],
      ends: [...before.ends, ...batch.ends],
    }
    if (this.#isReleased) {
      this.#held = { records: [], ends: [] }
      return all
    }
    this.#held = {
      records: all.records.filter(({ topic }) => topic === this.#topic),
      ends: all.ends.filter(({ topic }) => topic === this.#topic),
    }
    const records = all.records.filter(({ topic }) => topic !== this.#topic)
    this.quietPolls = records.length > 0 ? 0 : this.quietPolls + 1
    return { records, ends: all.ends.filter(({ topic }) => topic !== this.#topic) }
  }
}

interface Scene {
  readonly cluster: TestCluster
  readonly held: HeldTopic
  readonly member: TestApp
  readonly output: string
}

async function start(cluster: TestCluster, maxTaskIdle: number): Promise<Scene> {
  const early = await cluster.createTopic('early', 1)
  const late = await cluster.createTopic('late', 1)
  const output = await cluster.createTopic('out', 1)
  await write(cluster, early, START_MS)
  await write(cluster, late, START_MS + 1)
  const held = new HeldTopic(late)
  const member = new TestApp(cluster, merged(early, late, output), {
    maxTaskIdle,
    port: (kafka) => held.wrap(kafka),
  })
  await member.until('all of the other topic is read', () => {
    return member.app.metrics().recordsConsumed === EACH && held.quietPolls >= 10
  })
  return { cluster, held, member, output }
}

async function finish({ cluster, held, member, output }: Scene): Promise<number[]> {
  held.release()
  await member.until('all is processed', () => {
    return member.app.metrics().recordsProcessed === 2 * EACH
  })
  await member.app.close()
  return (await readTopic(cluster, output)).map(({ timestamp }) => timestamp - START_MS)
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i)

describe('an input that the broker has not sent yet', { concurrency: 2 }, () => {
  test('is waited for when maxTaskIdle is 0', async (t) => {
    const scene = await start(new TestCluster(t), 0)
    assert.equal(scene.member.app.metrics().recordsProcessed, 0)
    assert.deepEqual(await finish(scene), range(2 * EACH))
  })

  test('is not waited for when maxTaskIdle is -1', async (t) => {
    const scene = await start(new TestCluster(t), -1)
    await scene.member.until('the other input is processed', () => {
      return scene.member.app.metrics().recordsProcessed === EACH
    })
    const even = range(EACH).map((i) => 2 * i)
    assert.deepEqual(await finish(scene), [...even, ...even.map((ms) => ms + 1)])
  })
})
