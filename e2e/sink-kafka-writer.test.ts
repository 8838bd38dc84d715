import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { batchOf, controlOf, KafkaTarget } from './sink-kafka-target.testkit.ts'

const isError =
  (code: string) =>
  (error: unknown): boolean =>
    MillraceError.is(error) && error.code === code

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
