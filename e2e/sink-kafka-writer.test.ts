import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TransactionalProducer } from '@millrace/core/internal'
import { TestCluster } from './cluster.testkit.ts'
import { batchOf, controlOf, KafkaTarget } from './sink-kafka-target.testkit.ts'

const isError =
  (code: string) =>
  (error: unknown): boolean =>
    MillraceError.is(error) && error.code === code

/** A transaction that has written to all partitions of a topic. */
async function holdOpen(cluster: TestCluster, topic: string): Promise<TransactionalProducer> {
  const producer = cluster.kafka.transactionalProducer({
    clientId: `${cluster.id}-other`,
    transactionalId: `${cluster.id}-other`,
    transactionTimeoutMs: 60_000,
  })
  cluster.defer(() => producer.close())
  const [found] = await cluster.admin.describeTopics([topic])
  await producer.init()
  await producer.begin()
  for (let partition = 0; partition < (found?.partitions ?? 0); partition++) {
    const value = encodePosition(1, 'other')
    const key = Buffer.from('other')
    producer.send({ topic, partition, key, value, timestampMs: Date.now(), headers: [] })
  }
  await producer.flush()
  return producer
}

/** As the sink writes it. */
function encodePosition(nextOffset: number, owner: string): Buffer {
  return Buffer.from(JSON.stringify({ version: 1, nextOffset, owner }))
}

describe('a writer of another cluster', { concurrency: 3 }, () => {
  test('goes on from the position in the target', async (t) => {
    const target = await KafkaTarget.create(new TestCluster(t))
    const first = await target.claim(await target.open())
    assert.equal(first.position, undefined)
    await first.write(batchOf(0, 3, [0, 1, 2]), controlOf())
    await first.write(batchOf(3, 9, [5, 7]), controlOf())
    await first.close()

    const second = await target.claim(await target.open())
    assert.equal(second.position, 9)
    await second.write(batchOf(9, 10, [9]), controlOf())
    assert.deepEqual(await target.values(), ['v0', 'v1', 'v2', 'v5', 'v7', 'v9'])
  })

  test('a batch that is there already is not written again', async (t) => {
    const target = await KafkaTarget.create(new TestCluster(t))
    const writer = await target.claim(await target.open())
    await writer.write(batchOf(0, 2, [0, 1]), controlOf())
    await writer.write(batchOf(0, 2, [0, 1]), controlOf())
    assert.deepEqual(await target.values(), ['v0', 'v1'])
  })

  test('a writer whose partition was claimed is fenced, and writes nothing', async (t) => {
    const target = await KafkaTarget.create(new TestCluster(t))
    const sink = await target.open()
    const zombie = await target.claim(sink)
    await zombie.write(batchOf(0, 1, [0]), controlOf())
    const successor = await target.claim(await target.open())
    assert.equal(successor.position, 1)

    await assert.rejects(zombie.write(batchOf(1, 2, [1]), controlOf()), isError('MR_SINK_FENCED'))
    await successor.write(batchOf(1, 2, [1]), controlOf())
    assert.deepEqual(await target.values(), ['v0', 'v1'])
  })

  test('a position behind an open transaction of another sink is not missed', async (t) => {
    const cluster = new TestCluster(t)
    const target = await KafkaTarget.create(cluster)
    const writer = await target.claim(await target.open())
    await writer.write(batchOf(0, 3, [0, 1, 2]), controlOf())
    const other = await holdOpen(cluster, `${cluster.id}-positions`)
    await writer.write(batchOf(3, 4, [3]), controlOf())

    const claimed = target.claim(await target.open())
    // It is read while the other one is open, or it would be no test: a claim takes less.
    await sleep(1000)
    await other.abort()
    const successor = await claimed
    assert.equal(successor.position, 4)
    await successor.write(batchOf(4, 5, [4]), controlOf())
    assert.deepEqual(await target.values(), ['v0', 'v1', 'v2', 'v3', 'v4'])
  })

  test('a topic that takes less than the client puts together gets all', async (t) => {
    const target = await KafkaTarget.create(new TestCluster(t), { 'max.message.bytes': '20000' })
    const writer = await target.claim(await target.open())
    const offsets = Array.from({ length: 300 }, (_, offset) => offset)
    const random = randomBytes(150_000).toString('hex')
    const value = (offset: number): string => random.slice(offset * 1000, (offset + 1) * 1000)
    const control = controlOf()
    await writer.write(batchOf(0, 300, offsets, value), control)
    await writer.write(
      batchOf(300, 301, [300], () => 'v300'),
      control,
    )
    assert.deepEqual(control.rejected, [])
    assert.deepEqual(await target.values(), [...offsets.map(value), 'v300'].sort())
  })

  test('a batch of another position is not written', async (t) => {
    const target = await KafkaTarget.create(new TestCluster(t))
    const writer = await target.claim(await target.open())
    await writer.write(batchOf(0, 5, [0, 4]), controlOf())
    await assert.rejects(writer.write(batchOf(6, 7, [6]), controlOf()), isError('MR_SINK_FENCED'))
    assert.deepEqual(await target.values(), ['v0', 'v4'])
  })

  test('records that are too large for the topic are rejected, and the rest is written once', async (t) => {
    const target = await KafkaTarget.create(new TestCluster(t), { 'max.message.bytes': '20000' })
    const writer = await target.claim(await target.open())
    // Not to be compressed away.
    const random = (): string =>
      Array.from({ length: 30_000 }, () => Math.random().toString(36)[2]).join('')
    const large = new Set([3, 4, 11])
    const control = controlOf()
    const offsets = Array.from({ length: 12 }, (_, offset) => offset)
    await writer.write(
      batchOf(0, 12, offsets, (offset) => (large.has(offset) ? random() : `v${offset}`)),
      control,
    )
    assert.deepEqual(control.rejected, [3, 4, 11])
    const expected = offsets.filter((offset) => !large.has(offset)).map((offset) => `v${offset}`)
    assert.deepEqual(await target.values(), expected.sort())
    assert.equal(writer.position, 12)
  })

  test('a topic that the target does not have is told when the sink opens', async (t) => {
    const target = await KafkaTarget.create(new TestCluster(t))
    await assert.rejects(target.open({ topic: 'nowhere' }), isError('MR_SINK_FAILED'))
  })

  test('a target that does not answer is to be tried again', async (t) => {
    const target = await KafkaTarget.create(new TestCluster(t))
    await assert.rejects(target.open({ brokers: '127.0.0.1:1' }), isError('MR_SINK_UNAVAILABLE'))
  })
})
