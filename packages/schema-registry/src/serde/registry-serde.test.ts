import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { avroSerde } from '../avro/avro-serde.ts'
import { jsonSerde } from '../json/json-serde.ts'
import { SchemaRegistry } from '../registry/schema-registry.ts'
import { SerdeBed } from './serde-bed.testkit.ts'

const schema = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'id', type: 'string' }] } // prettier-ignore
const unavailable = (): MillraceError => new MillraceError('MR_SCHEMA_UNAVAILABLE', 'down')

function thrownBy(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

test('what the registry has to be asked for is asked once, however many records wait for it', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<object>(bed.registry, { schema })
  const first = thrownBy(() => serde.serialize({ id: 'a' }, 'orders'))
  const second = thrownBy(() => serde.serialize({ id: 'a' }, 'orders'))
  assert.ok(MillraceError.is(first, 'MR_SERDE_PENDING') && MillraceError.is(second))
  const ready = first.ready?.()
  assert.equal(second.ready?.(), ready)
  assert.equal(serde.prepare('orders'), ready)
  await ready

  assert.equal(serde.prepare('orders'), undefined)
  const bytes = serde.serialize({ id: 'a' }, 'orders')
  const reader = avroSerde(bed.another(), { schema })
  await Promise.all([bed.read(reader, bytes), bed.read(reader, bytes), bed.read(reader, bytes)])
  assert.deepEqual(bed.mock.requests, ['register orders-value', 'id 1'])
})

test('serdes of one registry share what it knows', async () => {
  const bed = new SerdeBed()
  for (let i = 0; i < 3; i++) {
    const serde = avroSerde<object>(bed.registry, { schema })
    await bed.roundTrip(serde, { id: 'a' })
  }
  assert.deepEqual(bed.mock.requests, ['register orders-value'])
})

test('subjects are named by topic, by record, by both, or as the app says', async () => {
  for (const [options, subject] of [
    [{}, 'orders-value'],
    [{ isKey: true }, 'orders-key'],
    [{ subject: 'record' }, 'shop.Order'],
    [{ subject: 'topic-record' }, 'orders-shop.Order'],
    [{ subject: ({ topic }: { topic: string }) => `my-${topic}` }, 'my-orders'],
  ] as const) {
    const bed = new SerdeBed()
    await avroSerde(bed.registry, { schema, ...options }).prepare('orders')
    assert.deepEqual(bed.mock.requests, [`register ${subject}`])
  }
})

test('each topic has a subject of its own, and a schema one id in all', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<object>(bed.registry, { schema })
  const bytes = [
    await bed.write(serde, { id: 'a' }, 'one'),
    await bed.write(serde, { id: 'a' }, 'two'),
  ]
  assert.deepEqual(bytes[0], bytes[1])
  assert.deepEqual(bed.mock.requests, ['register one-value', 'register two-value'])
})

test('look-up registers nothing, and says what is missing', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<object>(bed.registry, { schema, register: 'look-up' })
  await assert.rejects(async () => serde.prepare('orders'), {
    code: 'MR_SCHEMA_NOT_FOUND',
    message: 'Subject orders-value of the registry does not have the schema of the serde',
    at: { subject: 'orders-value' },
  })
  await bed.mock.register('orders-value', { type: 'AVRO', text: JSON.stringify(schema) })
  assert.deepEqual(await bed.roundTrip(serde, { id: 'a' }), { id: 'a' })
  const latest = avroSerde(bed.registry, { register: 'latest' })
  await assert.rejects(async () => latest.prepare('nothing'), { code: 'MR_SCHEMA_NOT_FOUND' })
})

test('an incompatible schema is refused with its subject and the difference', async () => {
  const bed = new SerdeBed()
  const options = { compatibility: 'BACKWARD' } as const
  await avroSerde(bed.registry, { schema, ...options }).prepare('orders')
  const fields = [...schema.fields, { name: 'cents', type: 'int' }]
  const serde = avroSerde(bed.registry, { schema: { ...schema, fields }, ...options })

  await assert.rejects(async () => serde.prepare('orders'), {
    code: 'MR_SCHEMA_INCOMPATIBLE',
    message:
      'The schema is incompatible with those of subject orders-value: no matching field for default-less shop.Order.cents',
  })
  assert.deepEqual(bed.mock.requests.slice(0, 2), ['compatibility of orders-value', 'register orders-value']) // prettier-ignore
})

test('a registry that is down is asked again by the next call', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<object>(bed.registry, { schema })
  bed.mock.failure = unavailable()
  await assert.rejects(bed.write(serde, { id: 'a' }), { code: 'MR_SCHEMA_UNAVAILABLE' })
  bed.mock.failure = undefined
  const bytes = await bed.write(serde, { id: 'a' })

  const reader = avroSerde(bed.another(), { schema })
  bed.mock.failure = unavailable()
  await assert.rejects(bed.read(reader, bytes), { code: 'MR_SCHEMA_UNAVAILABLE' })
  bed.mock.failure = undefined
  assert.deepEqual(await bed.read(reader, bytes), { id: 'a' })
})

test('an id that the registry does not know is an error of its record, and asked for again only later', async () => {
  const bed = new SerdeBed()
  let nowMs = 0
  const registry = new SchemaRegistry(bed.mock, {
    clock: { nowMs: () => nowMs },
    missingIdsExpireAfter: 5000,
  })
  const serde = avroSerde(registry, { schema })
  const bytes = Buffer.from([0, 0, 0, 0, 1, 2, 0x61])
  const missing = { name: 'Error', message: 'schema 1 of a record of topic orders is not in the registry' } // prettier-ignore
  for (let i = 0; i < 3; i++) await assert.rejects(bed.read(serde, bytes), missing)
  assert.deepEqual(bed.mock.requests, ['id 1'])

  await bed.mock.register('x', { type: 'AVRO', text: JSON.stringify(schema) })
  await assert.rejects(bed.read(serde, bytes), missing)
  nowMs = 5000
  assert.deepEqual(await bed.read(serde, bytes), { id: 'a' })
})

test('bytes that are not in the format are an error of their record', () => {
  const serde = avroSerde(new SerdeBed().registry, { schema })
  for (const [bytes, found] of [
    [[], 'there are none, and there are 0'],
    [[0, 0, 0], 'they begin with 0x00, and there are 3'],
    [[0x7b, 0, 0, 0, 1, 2], 'they begin with 0x7b, and there are 6'],
    [[1, 0, 0, 0, 1, 2], 'a schema GUID, which is not supported'],
  ] as const) {
    assert.throws(() => serde.deserialize(Buffer.from(bytes), 'orders'), {
      name: 'RangeError',
      message: `the bytes have no schema id: 0x00 and four bytes are expected in front, but found ${found}`,
    })
  }
})

test('what was written in another kind is an error of its record', async () => {
  const bed = new SerdeBed()
  const bytes = await bed.write(jsonSerde<object>(bed.registry, { schema: { type: 'object' } }), {})
  await assert.rejects(
    bed.read(avroSerde(bed.registry, { schema }), bytes),
    /cannot read what was written with schema 1: it is of kind JSON, and the serde is for AVRO/,
  )
  const latest = avroSerde(bed.registry, { register: 'latest' })
  await assert.rejects(async () => latest.prepare('orders'), { code: 'MR_SCHEMA_INVALID' })
})

test('what is kept of a registry has a bound', async () => {
  const bed = new SerdeBed()
  const registry = new SchemaRegistry(bed.mock, { maxSchemas: 2 })
  for (const name of ['A', 'B', 'C', 'A']) {
    const schemaId = await bed.mock.register(name, { type: 'AVRO', text: `{"type":"enum","name":"${name}","symbols":["x"]}` }) // prettier-ignore
    await registry.byId(schemaId)
  }
  assert.deepEqual(bed.mock.requests.filter((one) => one.startsWith('id')), ['id 1', 'id 2', 'id 3', 'id 1']) // prettier-ignore
  assert.throws(() => new SchemaRegistry(bed.mock, { maxSchemas: 0 }), { code: 'MR_CONFIG' })
})
