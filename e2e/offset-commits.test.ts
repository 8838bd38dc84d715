import { type GroupConsumer, MillraceError } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { TestCluster } from './cluster.testkit.ts'
import { until } from './until.testkit.ts'

/** The broker takes 4096 bytes. */
const TOO_LONG = 'x'.repeat(5000)

async function member(t: TestContext): Promise<{ consumer: GroupConsumer; topic: string }> {
  const cluster = new TestCluster(t)
  const topic = await cluster.createTopic('in', 1)
  const consumer = cluster.newKafka().groupConsumer({
    groupId: cluster.id,
    clientId: 'member',
    groupProtocol: 'classic',
    sessionTimeoutMs: 6000,
    heartbeatIntervalMs: 300,
    maxPollIntervalMs: 60_000,
  })
  cluster.defer(() => consumer.close())
  await consumer.subscribe([topic])
  await until('the assignment', async () => {
    await consumer.poll(1, 50)
    const event = consumer.takeRebalance()
    if (event?.kind !== 'assigned') return false
    await consumer.assign([{ topic, partition: 0, offset: 0 }])
    return true
  })
  return { consumer, topic }
}

test('offsets that the broker refuses make a commit reject, with the reason while something is polled', async (t) => {
  const { consumer, topic } = await member(t)
  const at = { topic, partition: 0 }
  const commit = consumer.commit([{ ...at, offset: 3, metadata: TOO_LONG }])
  const settled = commit.then(
    () => true,
    () => true,
  )
  const poll = (): Promise<boolean> => consumer.poll(1, 50).then(() => false)
  while (!(await Promise.race([settled, poll()])));
  await assert.rejects(commit, (error: unknown) => {
    assert.ok(MillraceError.is(error, 'MR_KAFKA'))
    assert.deepEqual([error.at['kafkaCode'], error.at['topic'], error.action], [12, topic, 'fail'])
    return true
  })
  assert.equal((await consumer.committed([at]))[0]?.offset, undefined)

  await consumer.commit([{ ...at, offset: 4, metadata: 'short' }])
  assert.equal((await consumer.committed([at]))[0]?.offset, 4)
})

test('with nothing polled it rejects as well, and the work can be done again', async (t) => {
  const { consumer, topic } = await member(t)
  await assert.rejects(consumer.commit([{ topic, partition: 0, offset: 3, metadata: TOO_LONG }]), {
    code: 'MR_TRANSACTION_ABORTED',
    action: 'abort',
    message: new RegExp(`^commit: group .* has not taken the offset of ${topic}-0$`),
  })
})
