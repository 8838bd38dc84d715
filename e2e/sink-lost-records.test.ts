import { serdes, type Sink, StreamsBuilder } from '@millrace/core'
import { deferred } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { until } from './until.testkit.ts'

const TEXT = { key: serdes.string, value: serdes.string }
const RECORD_BYTES = 1000
const BUFFER_BYTES = 100_000
/** Far more than the sink's buffer and the client's queue take while the target stands still. */
const RECORDS = 30_000

/** A target that stands still until it is released. */
class SlowSink implements Sink<string, string> {
  readonly kind = 'slow'
  readonly capabilities = { tier: 'at-least-once' } as const
  readonly #released = deferred<undefined>()
  hasBegun = false

  open(): Promise<void> {
    return Promise.resolve()
  }

  claim(): ReturnType<Sink<string, string>['claim']> {
    const write = async (): Promise<void> => {
      this.hasBegun = true
      await this.#released.promise
    }
    return Promise.resolve({ position: undefined, write, close: () => Promise.resolve() })
  }

  release(): void {
    this.#released.resolve(undefined)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

test('records that are gone before a sink has read them end the app, with their place', async (t) => {
  const cluster = new TestCluster(t)
  const topic = await cluster.createTopic('in', 1)
  const sink = new SlowSink()
  const builder = new StreamsBuilder()
  builder.stream(topic, TEXT).toSink(sink, { name: 'slow', bufferMaxBytes: BUFFER_BYTES })
  const member = new TestApp(cluster, builder.build())
  await member.untilState('running')

  const producer = cluster.kafka.producer({ clientId: 'e2e-lost-records' })
  cluster.defer(() => producer.close())
  for (let i = 0; i < RECORDS; i++) {
    const value = Buffer.alloc(RECORD_BYTES, 'v')
    const timestampMs = Date.now()
    producer.send({ topic, partition: 0, key: null, value, timestampMs, headers: [] })
  }
  await producer.flush()
  await until('the sink writes', () => sink.hasBegun)
  await cluster.admin.deleteRecords([{ topic, partition: 0, offset: RECORDS - 1 }])
  sink.release()

  const { at } = await member.untilFailed('MR_OFFSET_OUT_OF_RANGE')
  assert.deepEqual([at['topic'], at['partition']], [topic, 0])
  assert.ok(Number(at['offset']) < RECORDS - 1)
})
