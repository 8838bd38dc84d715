import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { SerdeBed } from '../serde/serde-bed.testkit.ts'
import { avroSerde } from './avro-serde.ts'

interface Order {
  readonly id: string
  readonly cents: number
  readonly note?: string | null
}

const order = (...more: object[]): object => ({
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [{ name: 'id', type: 'string' }, { name: 'cents', type: 'int' }, ...more],
})
const note = { name: 'note', type: ['null', 'string'], default: null }

test('the bytes are a zero, the id of the schema, and the value in Avro', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<Order>(bed.registry, { schema: order() })
  const bytes = await bed.write(serde, { id: 'a', cents: 3 })

  assert.deepEqual(bytes, Buffer.from([0, 0, 0, 0, 1, 2, 0x61, 6]))
  assert.equal((await bed.mock.schemaById(1))?.text, JSON.stringify(order()))
})

test('what is read are plain objects, equal to those that were written', async () => {
  const bed = new SerdeBed()
  const schema = order({
    name: 'lines',
    type: {
      type: 'array',
      items: { type: 'record', name: 'Line', fields: [{ name: 'n', type: 'long' }] },
    },
  })
  const serde = avroSerde<unknown>(bed.registry, { schema })
  const value = { id: 'a', cents: 3, lines: [{ n: 1 }, { n: 2 ** 50 }] }
  assert.deepEqual(await bed.roundTrip(serde, value), value)
})

test('a record longer than the others is written whole', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<Order>(bed.registry, { schema: order() })
  for (const length of [10, 5000, 4091, 100_000, 7]) {
    const value = { id: 'x'.repeat(length), cents: 1 }
    assert.deepEqual(await bed.roundTrip(serde, value), value)
  }
})

test('old and new schema are read by both, with the defaults of the reader', async () => {
  const bed = new SerdeBed()
  const old = avroSerde<Order>(bed.registry, { schema: order() })
  const fresh = avroSerde<Order>(bed.another(), { schema: order(note) })
  const oldBytes = await bed.write(old, { id: 'a', cents: 1 })
  const newBytes = await bed.write(fresh, { id: 'b', cents: 2, note: 'gift' })

  assert.deepEqual(await bed.read(old, oldBytes), { id: 'a', cents: 1 })
  assert.deepEqual(await bed.read(old, newBytes), { id: 'b', cents: 2 })
  assert.deepEqual(await bed.read(fresh, oldBytes), { id: 'a', cents: 1, note: null })
  assert.deepEqual(await bed.read(fresh, newBytes), { id: 'b', cents: 2, note: 'gift' })
})

test('without a schema of its own a serde reads what was written as it was written', async () => {
  const bed = new SerdeBed()
  const bytes = await bed.write(avroSerde<Order>(bed.registry, { schema: order(note) }), {
    id: 'a',
    cents: 1,
    note: 'x',
  })
  const generic = avroSerde(bed.another())
  assert.deepEqual(await bed.read(generic, bytes), { id: 'a', cents: 1, note: 'x' })
  await assert.rejects(bed.write(generic, {}), { code: 'MR_CONFIG' })
})

test('with the latest schema of the subject values are written by that one', async () => {
  const bed = new SerdeBed()
  await bed.mock.register('orders-value', { type: 'AVRO', text: JSON.stringify(order()) })
  const second = { type: 'AVRO', text: JSON.stringify(order(note)) } as const
  const id = await bed.mock.register('orders-value', second)
  const serde = avroSerde<Order>(bed.registry, { schema: order(), register: 'latest' })
  const bytes = await bed.write(serde, { id: 'a', cents: 1, note: 'x' })

  assert.equal(bytes[4], id)
  assert.deepEqual(await bed.read(avroSerde(bed.registry), bytes), {
    id: 'a',
    cents: 1,
    note: 'x',
  })
})

test('a value that does not fit is told with its place, the subject and the schema', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<unknown>(bed.registry, { schema: order(note) })
  await serde.prepare('orders')

  assert.throws(() => serde.serialize({ id: 'a', cents: 1.5 }, 'orders'), {
    name: 'TypeError',
    message:
      'the value does not fit schema 1 of subject orders-value: invalid "int": 1.5 (at /cents: 1.5 is no "int")',
  })
  assert.throws(() => serde.serialize({ id: 'a' }, 'orders'), /at \/cents: undefined is no "int"/)
})

test('bytes that do not fit are told with the schema', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<Order>(bed.registry, { schema: order() })
  const bytes = Buffer.from(await bed.write(serde, { id: 'a', cents: 3 }))

  await assert.rejects(
    bed.read(serde, bytes.subarray(0, 6)),
    /the bytes do not fit schema 1: they end too early/,
  )
  await assert.rejects(
    bed.read(serde, Buffer.concat([bytes, Buffer.of(0)])),
    /the bytes do not fit schema 1: 1 bytes are left over/,
  )
})

test('a schema that the reader cannot be filled from is told with the field', async () => {
  const bed = new SerdeBed()
  await bed.mock.setCompatibility('orders-value', 'NONE')
  const bytes = await bed.write(avroSerde<Order>(bed.registry, { schema: order() }), {
    id: 'a',
    cents: 1,
  })
  const reader = avroSerde(bed.registry, { schema: order({ name: 'must', type: 'string' }) })
  await assert.rejects(
    bed.read(reader, bytes),
    /cannot read what was written with schema 1: .*shop\.Order\.must/,
  )
})

test('long values beyond 2^53 are bigints where that is asked for, and an error where not', async () => {
  const bed = new SerdeBed()
  const schema = order({ name: 'n', type: ['null', 'long'] }, { name: 'm', type: 'long' })
  const exact = avroSerde<unknown>(bed.registry, { schema, long: 'bigint' })
  const big = 2n ** 62n + 1n
  const value = { id: 'a', cents: 1, n: big, m: -big }
  const bytes = await bed.write(exact, value)

  assert.deepEqual(await bed.read(exact, bytes), value)
  const plain = avroSerde<unknown>(bed.registry, { schema })
  await assert.rejects(bed.read(plain, bytes), /potential precision loss/)
  await assert.rejects(bed.write(exact, { ...value, m: 2n ** 63n }), /does not fit schema/)
})

test('an int is read as a bigint long, and a plain long as one', async () => {
  const bed = new SerdeBed()
  const writes = avroSerde<unknown>(bed.registry, {
    schema: order({ name: 'n', type: 'int' }, { name: 'm', type: 'long' }),
  })
  const reads = avroSerde<unknown>(bed.registry, {
    schema: order({ name: 'n', type: 'long' }, { name: 'm', type: 'long' }),
    long: 'bigint',
  })
  const bytes = await bed.write(writes, { id: 'a', cents: 1, n: -7, m: 2 ** 40 })
  assert.deepEqual(await bed.read(reads, bytes), { id: 'a', cents: 1, n: -7n, m: 2n ** 40n })
})

test('unions whose branches nothing tells apart have names around their values', async () => {
  const bed = new SerdeBed()
  const schema = order({ name: 'n', type: ['int', 'double'] })
  const value = { id: 'a', cents: 1, n: { double: 1 } }
  assert.deepEqual(await bed.roundTrip(avroSerde(bed.registry, { schema }), value), value)
  const always = avroSerde<unknown>(bed.registry, { schema: order(note), wrapUnions: 'always' })
  const wrapped = { id: 'a', cents: 1, note: { string: 'x' } }
  assert.deepEqual(await bed.roundTrip(always, wrapped, 'others'), wrapped)
})

test('schemas that a schema uses are taken from the registry', async () => {
  const bed = new SerdeBed()
  await bed.mock.register('lines', {
    type: 'AVRO',
    text: JSON.stringify({
      type: 'record',
      name: 'Line',
      namespace: 'shop',
      fields: [{ name: 'n', type: 'int' }],
    }),
  })
  const options = {
    schema: order({ name: 'line', type: 'shop.Line' }),
    references: [{ name: 'shop.Line', subject: 'lines', version: 1 }],
    subject: 'record',
  } as const
  const value = { id: 'a', cents: 1, line: { n: 4 } }
  const bytes = await bed.write(avroSerde<unknown>(bed.registry, options), value)
  assert.deepEqual(await bed.read(avroSerde<unknown>(bed.another(), options), bytes), value)
  assert.deepEqual(await bed.read(avroSerde(bed.another()), bytes), value)
  assert.ok(bed.mock.requests.includes('register shop.Order'))
})

test('schemas of nothing but a primitive are taken, as of keys', async () => {
  const bed = new SerdeBed()
  const serde = avroSerde<string>(bed.registry, { schema: '"string"', isKey: true })
  assert.equal(await bed.roundTrip(serde, 'k'), 'k')
  assert.deepEqual(bed.mock.requests, ['register orders-key'])
})

test('a schema that is not valid is refused when the serde is made', () => {
  const { registry } = new SerdeBed()
  assert.throws(
    () => avroSerde(registry, { schema: { type: 'record', name: 'A', fields: [{ name: 'x' }] } }),
    (error) => MillraceError.is(error, 'MR_SCHEMA_INVALID') && error.cause instanceof Error,
  )
})
