import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SerdeType } from '@millrace/core'
import { SerdeBed } from '../serde/serde-bed.testkit.ts'
import { jsonSchema, type JsonSchemaType } from './json-schema.ts'
import { jsonSerde } from './json-serde.ts'

const order = jsonSchema({
  title: 'Order',
  type: 'object',
  properties: {
    id: { type: 'string' },
    cents: { type: 'integer', minimum: 0 },
    kind: { enum: ['gift', 'plain'] },
    lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
  },
  required: ['id', 'cents'],
  additionalProperties: false,
})

test('the type of the values is that of the schema', async () => {
  const bed = new SerdeBed()
  const serde = jsonSerde(bed.registry, { schema: order })
  type Order = SerdeType<typeof serde>
  const same: JsonSchemaType<typeof order> = { id: 'a', cents: 1, kind: 'gift' }
  const value: Order = same
  const { id, cents, kind } = await bed.roundTrip(serde, value)
  const text: string = id
  const number: number = cents
  const one: 'gift' | 'plain' | undefined = kind
  assert.deepEqual([text, number, one], ['a', 1, 'gift'])
  // @ts-expect-error: cents is no text
  const wrong: Order = { id: 'a', cents: '1' }
  await assert.rejects(bed.write(serde, wrong), TypeError)
})

test('the bytes are a zero, the id of the schema, and JSON', async () => {
  const bed = new SerdeBed()
  const bytes = await bed.write(jsonSerde(bed.registry, { schema: order }), { id: 'ä', cents: 1 })
  assert.deepEqual(bytes, Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.from('{"id":"ä","cents":1}')])) // prettier-ignore
})

test('a schema that names no draft is registered as one of draft 7', async () => {
  const bed = new SerdeBed()
  await jsonSerde(bed.registry, { schema: order }).prepare('orders')
  const { text = '' } = (await bed.mock.schemaById(1)) ?? {}
  assert.match(text, /^\{"\$schema":"http:\/\/json-schema.org\/draft-07\/schema#","title":"Order"/)
})

test('a value that the schema does not allow is told with its places', async () => {
  const bed = new SerdeBed()
  const serde = jsonSerde<unknown>(bed.registry, { schema: order.schema, ajv: { allErrors: true } })
  await assert.rejects(bed.write(serde, { id: 5, cents: -1 }), {
    name: 'TypeError',
    message:
      'the value does not fit schema 1 of subject orders-value: at /id: must be string; at /cents: must be >= 0',
  })
  await assert.rejects(bed.write(serde, undefined), TypeError)
})

test('bytes that are no JSON, or that the schema does not allow, are told with the schema', async () => {
  const bed = new SerdeBed()
  const lax = jsonSerde<unknown>(bed.registry, { schema: order.schema, validate: 'none' })
  const serde = jsonSerde(bed.registry, { schema: order })
  const bytes = await bed.write(lax, { id: 'a' })
  await assert.rejects(bed.read(serde, bytes), /do not fit schema 1: at \/: must have required property 'cents'/) // prettier-ignore
  await assert.rejects(bed.read(serde, bytes.subarray(0, 9)), /do not fit schema 1: .*JSON/)
  assert.deepEqual(await bed.read(lax, bytes), { id: 'a' })
})

test('old and new schema are read by both, with the defaults of the reader', async () => {
  const bed = new SerdeBed()
  const schema = (properties: object): object => ({
    title: 'Order',
    type: 'object',
    properties: { id: { type: 'string' }, ...properties },
    required: ['id', ...Object.keys(properties)],
  })
  await bed.mock.setCompatibility('orders-value', 'NONE')
  const old = jsonSerde<object>(bed.registry, { schema: schema({}) })
  const fresh = jsonSerde<object>(bed.another(), {
    schema: schema({ note: { type: 'string', default: 'none' } }),
  })
  const given = { id: 'a' }
  const oldBytes = await bed.write(old, given)
  const newBytes = await bed.write(fresh, { id: 'b', note: 'x' })

  assert.deepEqual(await bed.read(fresh, oldBytes), { id: 'a', note: 'none' })
  assert.deepEqual(await bed.read(old, newBytes), { id: 'b', note: 'x' })
  assert.deepEqual(given, { id: 'a' })
})

test('drafts 2019-09 and 2020-12 are known', async () => {
  for (const draft of ['2019-09', '2020-12']) {
    const bed = new SerdeBed()
    const schema = {
      $schema: `https://json-schema.org/draft/${draft}/schema`,
      type: 'object',
      properties: { a: { type: 'string' } },
      unevaluatedProperties: false,
    }
    const serde = jsonSerde<unknown>(bed.registry, { schema })
    assert.deepEqual(await bed.roundTrip(serde, { a: 'x' }), { a: 'x' })
    await assert.rejects(bed.write(serde, { b: 1 }), /must NOT have unevaluated properties/)
  }
})

test('schemas that a schema refers to are taken from the registry', async () => {
  const bed = new SerdeBed()
  await bed.mock.register('line', { type: 'JSON', text: '{"type":"object","required":["sku"]}' })
  const options = {
    schema: { type: 'object', properties: { line: { $ref: 'line.json' } } },
    references: [{ name: 'line.json', subject: 'line', version: 1 }],
  }
  const serde = jsonSerde<unknown>(bed.registry, options)
  const value = { line: { sku: 'x' } }
  assert.deepEqual(await bed.roundTrip(serde, value), value)
  await assert.rejects(bed.write(serde, { line: {} }), /must have required property 'sku'/)
})

test('a subject by the record is named by the title', async () => {
  const bed = new SerdeBed()
  await jsonSerde(bed.registry, { schema: order, subject: 'topic-record' }).prepare('orders')
  assert.deepEqual(bed.mock.requests, ['register orders-Order'])
  const nameless = jsonSerde(bed.registry, { schema: { type: 'object' }, subject: 'record' })
  await assert.rejects(async () => nameless.prepare('orders'), { code: 'MR_CONFIG' })
})

test('formats are looked at when the app says what they are', async () => {
  const schema = { type: 'string', format: 'even' }
  const bed = new SerdeBed()
  assert.equal(await bed.roundTrip(jsonSerde(bed.registry, { schema }), 'abc'), 'abc')
  const ajv = { formats: { even: (text: string) => text.length % 2 === 0 } }
  await assert.rejects(bed.write(jsonSerde<string>(bed.registry, { schema, ajv }), 'abc'), /format/)
})

test('a schema that is not valid is refused when the serde is made', () => {
  const { registry } = new SerdeBed()
  assert.throws(() => jsonSerde(registry, { schema: { type: 'nothing' } }), {
    code: 'MR_SCHEMA_INVALID',
  })
  assert.throws(() => jsonSerde(registry, { schema: '{' }), { code: 'MR_SCHEMA_INVALID' })
})
