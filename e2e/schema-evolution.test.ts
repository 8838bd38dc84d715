import { serdes } from '@millrace/core'
import { avroSerde, schemaRegistry } from '@millrace/schema-registry'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { ownRegistry, passing, readJson, writeJson } from './apicurio.testkit.ts'
import { until } from './until.testkit.ts'

const RECORDS = 200

const order = (...fields: object[]): object => ({
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [{ name: 'id', type: 'string' }, { name: 'cents', type: 'long' }, ...fields],
})
const OLD = order()
const NEW = order({ name: 'note', type: 'string', default: 'none' })

const valuesFrom = (prefix: string, more: object): object[] =>
  Array.from({ length: RECORDS }, (_, i) => ({ id: `${prefix}${i}`, cents: i, ...more }))

test('records of an old and a new schema are side by side on one topic, and read by both', async (t) => {
  const { url } = await ownRegistry(t)
  const cluster = new TestCluster(t)
  const orders = await cluster.createTopic('orders', 2)
  const writer = async (name: string, schema: object, values: object[]): Promise<TestApp> => {
    const topic = await cluster.createTopic(`${name}-in`, 2)
    await writeJson(cluster, topic, values)
    // Each app has a registry object of its own, as processes have.
    const value = avroSerde<object>(schemaRegistry({ url }), { schema, compatibility: 'BACKWARD' })
    const from = { topic, value: serdes.json<object>() }
    const topology = passing(from, { topic: orders, value })
    return new TestApp(cluster, topology, { applicationId: `${cluster.id}-${name}-writer` })
  }
  const reader = async (name: string, schema: object): Promise<string> => {
    const topic = await cluster.createTopic(`${name}-out`, 2)
    const value = avroSerde<object>(schemaRegistry({ url }), { schema })
    const topology = passing({ topic: orders, value }, { topic, value: serdes.json<object>() })
    new TestApp(cluster, topology, { applicationId: `${cluster.id}-${name}-reader` })
    return topic
  }

  const oldOut = await reader('old', OLD)
  const newOut = await reader('new', NEW)
  const first = await writer('old', OLD, valuesFrom('old-', {}))
  await first.until('the old schema is registered', () => first.app.metrics().commits > 0)
  await writer('new', NEW, valuesFrom('new-', { note: 'gift' }))

  for (const topic of [oldOut, newOut]) {
    await until(`all records in ${topic}`, async () => {
      return (await readTopic(cluster, topic)).length >= 2 * RECORDS
    })
  }
  const bySchema = new Set((await readTopic(cluster, orders)).map(({ value }) => value?.[4]))
  assert.equal(bySchema.size, 2)
  const expected = (old: object, fresh: object): unknown[] => {
    const values = [...valuesFrom('old-', old), ...valuesFrom('new-', fresh)]
    return values.map((value) => JSON.stringify(value)).sort().map((text): unknown => JSON.parse(text)) // prettier-ignore
  }
  assert.deepEqual(await readJson(cluster, oldOut), expected({}, {}))
  assert.deepEqual(await readJson(cluster, newOut), expected({ note: 'none' }, { note: 'gift' }))
})

test('an incompatible schema ends the app before it writes, with the subject and the difference', async (t) => {
  const { url } = await ownRegistry(t)
  const cluster = new TestCluster(t)
  const topic = await cluster.createTopic('in', 1)
  const orders = await cluster.createTopic('orders', 1)
  const options = { compatibility: 'BACKWARD' } as const
  await avroSerde(schemaRegistry({ url }), { schema: OLD, ...options }).prepare(orders)
  await writeJson(cluster, topic, valuesFrom('a', { currency: 'EUR' }))

  const schema = order({ name: 'currency', type: 'string' })
  const value = avroSerde<object>(schemaRegistry({ url }), { schema, ...options })
  const app = new TestApp(
    cluster,
    passing({ topic, value: serdes.json<object>() }, { topic: orders, value }),
    { processingExceptionHandler: 'continue' },
  )
  const error = await app.untilFailed('MR_SCHEMA_INCOMPATIBLE')

  assert.equal(error.at['subject'], `${orders}-value`)
  assert.match(error.message, new RegExp(`^The schema is incompatible with those of subject ${orders}-value: `)) // prettier-ignore
  assert.match(error.message, /currency at \/fields\/2/)
  assert.deepEqual(await readTopic(cluster, orders), [])
  assert.deepEqual(app.app.metrics().dropped, {})
})
