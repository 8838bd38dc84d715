import { serdes } from '@millrace/core'
import { avroSerde, schemaRegistry } from '@millrace/schema-registry'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { ownRegistry, passing, readJson, writeJson } from './apicurio.testkit.ts'

const PER_SCHEMA = 100

/** Each version is another schema, with an id that a reader has not seen. */
const version = (n: number): object => ({
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'string' },
    ...Array.from({ length: n }, (_, i) => ({ name: `f${i}`, type: 'int', default: i })),
  ],
})

const ids = (n: number): { id: string }[] =>
  Array.from({ length: PER_SCHEMA }, (_, i) => ({ id: `${n}-${i}` }))

test('while the registry is down a record with a new schema waits, and what needs nothing new goes on', async (t) => {
  const registry = await ownRegistry(t)
  const { url } = registry
  const cluster = new TestCluster(t)
  const orders = await cluster.createTopic('orders', 2)
  const output = await cluster.createTopic('out', 1)
  const producer = cluster.kafka.producer({ clientId: 'e2e-registry' })
  await producer.flush()
  const serdeOf = (n: number): ReturnType<typeof avroSerde<object>> =>
    avroSerde<object>(schemaRegistry({ url }), { schema: version(n) })
  const write = async (n: number, partition: number, serde = serdeOf(n)): Promise<void> => {
    await serde.prepare(orders)
    for (const [i, one] of ids(n).entries()) {
      const fields = Object.fromEntries(Array.from({ length: n }, (_, f) => [`f${f}`, f]))
      const value = serde.serialize({ ...one, ...fields }, orders)
      const key = Buffer.from(String(i))
      producer.send({ topic: orders, partition, key, value, timestampMs: Date.now(), headers: [] })
    }
    await producer.flush()
  }
  cluster.defer(() => producer.close())
  const known = serdeOf(1)
  await known.prepare(orders)
  const fresh = serdeOf(2)
  await fresh.prepare(orders)

  const value = avroSerde<object>(schemaRegistry({ url }), { schema: version(0) })
  const topology = passing(
    { topic: orders, value },
    { topic: output, value: serdes.json<object>() },
  )
  const app = new TestApp(cluster, topology)
  const seen = (): number => app.app.metrics().recordsProcessed
  await write(1, 0, known)
  await write(1, 1, known)
  await app.until('the first are processed', () => seen() >= 2 * PER_SCHEMA)

  await registry.kill()
  await write(2, 0, fresh)
  await app.until('a record waits for its schema', () =>
    app.log.some((line) => line.includes('MR_SCHEMA_UNAVAILABLE') && line.includes('waits')),
  )
  await write(1, 1, known)
  await app.until('the other partition goes on', () => seen() >= 3 * PER_SCHEMA)
  assert.equal(app.app.state, 'running')
  assert.equal(app.app.metrics().aborts, 0)

  await registry.restart()
  await app.until('the rest is processed', () => seen() >= 4 * PER_SCHEMA)
  await app.app.close()
  const expected = [...ids(1), ...ids(1), ...ids(1), ...ids(2)].map(({ id }) => id).sort()
  const found = (await readJson(cluster, output)).map((one) => (one as { id: string }).id)
  assert.deepEqual(found.sort(), expected)
})

test('an app that starts while the registry is down waits for it with what it is to write', async (t) => {
  const registry = await ownRegistry(t)
  const cluster = new TestCluster(t)
  const topic = await cluster.createTopic('in', 1)
  const orders = await cluster.createTopic('orders', 1)
  await writeJson(cluster, topic, ids(0))
  await registry.kill()
  const value = avroSerde<object>(schemaRegistry({ url: registry.url }), { schema: version(0) })
  const app = new TestApp(
    cluster,
    passing({ topic, value: serdes.json<object>() }, { topic: orders, value }),
  )
  await app.until('the app waits for the registry', () =>
    app.log.some((line) => line.includes('MR_SCHEMA_UNAVAILABLE')),
  )
  assert.equal((await readTopic(cluster, orders)).length, 0)

  await registry.restart()
  await app.until('all are written', () => app.app.metrics().recordsProduced >= PER_SCHEMA)
  await app.app.close()
  assert.equal((await readTopic(cluster, orders)).length, PER_SCHEMA)
  assert.equal(app.app.metrics().aborts, 0)
})

test('a registry that stays down ends the app after taskTimeout, and nothing is lost', async (t) => {
  const registry = await ownRegistry(t)
  const cluster = new TestCluster(t)
  const topic = await cluster.createTopic('in', 1)
  const orders = await cluster.createTopic('orders', 1)
  await writeJson(cluster, topic, ids(0))
  await registry.kill()
  const value = avroSerde<object>(schemaRegistry({ url: registry.url }), { schema: version(0) })
  const topology = passing({ topic, value: serdes.json<object>() }, { topic: orders, value })
  const app = new TestApp(cluster, topology, { taskTimeout: 2000 })
  const error = await app.untilFailed('MR_TASK_TIMEOUT')
  assert.match(
    String(error.cause),
    /Cannot register a schema of subject .*-orders-value: no answer/,
  )

  await registry.restart()
  const next = new TestApp(cluster, topology)
  await next.until('all are written', () => next.app.metrics().recordsProduced >= PER_SCHEMA)
  await next.app.close()
  assert.equal((await readTopic(cluster, orders)).length, PER_SCHEMA)
})
