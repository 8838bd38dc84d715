import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SerdeBed } from '../serde/serde-bed.testkit.ts'
import type { AvroValueOptions } from './avro-type.ts'
import { avroSerde } from './avro-serde.ts'

const one = (type: object | string): object => ({
  type: 'record',
  name: 'One',
  fields: [{ name: 'v', type }],
})
const logical = (type: string, logicalType: string, more: object = {}): object => ({
  type,
  logicalType,
  ...more,
})

async function roundTrip(
  type: object,
  v: unknown,
  options: AvroValueOptions = {},
): Promise<unknown> {
  const bed = new SerdeBed()
  const value = { v }
  const serde = avroSerde<typeof value>(bed.registry, { schema: one(type), ...options })
  return (await bed.roundTrip(serde, value)).v
}

async function bytesOf(type: object, v: unknown): Promise<string> {
  const bed = new SerdeBed()
  const bytes = await bed.write(avroSerde(bed.registry, { schema: one(type) }), { v })
  return Buffer.from(bytes.subarray(5)).toString('hex')
}

const decimal = logical('bytes', 'decimal', { precision: 9, scale: 2 })
const fixedDecimal = logical('fixed', 'decimal', { precision: 9, scale: 2, name: 'D', size: 8 })

test('every logical type gives back what was written', async () => {
  const cases: readonly (readonly [object, unknown])[] = [
    [decimal, '12.50'],
    [decimal, '-0.01'],
    [decimal, '0.00'],
    [decimal, '-9999999.99'],
    [fixedDecimal, '-123.45'],
    [
      logical('bytes', 'decimal', { precision: 40, scale: 0 }),
      '1234567890123456789012345678901234567890',
    ],
    [logical('int', 'date'), '2026-11-29'],
    [logical('int', 'date'), '1969-12-31'],
    [logical('int', 'time-millis'), 86_399_999],
    [logical('long', 'time-micros'), 86_399_999_999],
    [logical('long', 'timestamp-millis'), new Date('2026-11-29T12:34:56.789Z')],
    [logical('long', 'timestamp-micros'), 1_764_419_696_789_123n],
    [logical('long', 'timestamp-nanos'), 1_764_419_696_789_123_456n],
    [logical('long', 'timestamp-nanos'), -1n],
    [logical('long', 'local-timestamp-millis'), '2026-11-29T12:34:56.789'],
    [logical('long', 'local-timestamp-micros'), '1969-12-31T23:59:59.999999'],
    [logical('long', 'local-timestamp-nanos'), '2026-02-28T00:00:00.000000001'],
    [logical('string', 'uuid'), '0f7e1c66-8f3a-4a5e-9b1e-3c1d2a4b5c6d'],
    [logical('fixed', 'uuid', { name: 'U', size: 16 }), '0f7e1c66-8f3a-4a5e-9b1e-3c1d2a4b5c6d'],
    [
      logical('fixed', 'duration', { name: 'P', size: 12 }),
      { months: 1, days: 2, milliseconds: 3 },
    ],
  ]
  for (const [type, value] of cases) {
    assert.deepEqual(await roundTrip(type, value), value, JSON.stringify(type))
  }
})

test('the bytes are those of the specification', async () => {
  assert.equal(await bytesOf(decimal, '12.50'), '0404e2') // length 2, 1250
  assert.equal(await bytesOf(decimal, '-0.01'), '02ff')
  assert.equal(await bytesOf(decimal, '1.28'), '040080') // a sign byte in front of 128
  assert.equal(await bytesOf(fixedDecimal, '-1'), 'ffffffffffffff9c')
  assert.equal(await bytesOf(logical('int', 'date'), '1970-01-02'), '02')
  assert.equal(await bytesOf(logical('long', 'timestamp-millis'), new Date(1)), '02')
  assert.equal(await bytesOf(logical('long', 'timestamp-nanos'), 2n ** 62n), '80808080808080808001') // zig-zag of 2^62
  assert.equal(
    await bytesOf(logical('fixed', 'duration', { name: 'P', size: 12 }), {
      months: 1,
      days: 2,
      milliseconds: 3,
    }),
    '010000000200000003000000',
  )
})

test('nothing is rounded, and nothing that is no value of the type is written', async () => {
  const cases: readonly (readonly [object, unknown, RegExp])[] = [
    [decimal, '1.234', /more than 2 digits behind the point/],
    [decimal, 0.1 + 0.2, /more than 2 digits behind the point/],
    [decimal, '12345678.00', /more than 9 digits/],
    [decimal, '1e3', /not a decimal/],
    [decimal, {}, /a decimal is text/],
    [logical('int', 'date'), '2026-02-30', /no such time: 2026-02-30/],
    [logical('int', 'date'), new Date(), /a date is text/],
    [logical('int', 'time-millis'), 86_400_000, /a time of day/],
    [logical('long', 'timestamp-millis'), 5, /a timestamp is a valid Date/],
    [logical('long', 'timestamp-millis'), new Date(NaN), /a timestamp is a valid Date/],
    [logical('long', 'timestamp-micros'), 5, /it is a bigint/],
    [logical('long', 'local-timestamp-millis'), '2026-11-29T12:34:56.7891', /finer than 3 digits/],
    [logical('long', 'local-timestamp-millis'), '2026-11-29T25:00:00', /no such time/],
    [logical('string', 'uuid'), 'x', /not a UUID/],
  ]
  for (const [type, value, message] of cases) {
    await assert.rejects(bytesOf(type, value), message, JSON.stringify([type, value]))
  }
})

test('numbers and bigints are decimals too, where they are exact', async () => {
  assert.equal(await roundTrip(decimal, 12.5), '12.50')
  assert.equal(await roundTrip(decimal, 3n), '3.00')
})

test('a logical type in a union is told from null', async () => {
  const bed = new SerdeBed()
  for (const [type, v] of [
    [decimal, '1.00'],
    [logical('long', 'timestamp-micros'), 5n],
    [logical('long', 'timestamp-millis'), new Date(5)],
  ] as const) {
    const schema = one(['null', type])
    const serde = avroSerde<unknown>(new SerdeBed().registry, { schema })
    assert.deepEqual(await bed.roundTrip(serde, { v }), { v })
    assert.deepEqual(await bed.roundTrip(serde, { v: null }), { v: null })
  }
})

test('what was written without the logical type is read with it, and the other way round', async () => {
  const bed = new SerdeBed()
  const plain = avroSerde<unknown>(bed.registry, { schema: one('long') })
  const dated = avroSerde<unknown>(bed.registry, {
    schema: one(logical('long', 'timestamp-millis')),
  })
  const fine = avroSerde<unknown>(bed.registry, {
    schema: one(logical('long', 'timestamp-micros')),
  })
  await bed.mock.setCompatibility('orders-value', 'NONE')

  assert.deepEqual(await bed.read(dated, await bed.write(plain, { v: 7 })), { v: new Date(7) })
  assert.deepEqual(await bed.read(fine, await bed.write(plain, { v: 7 })), { v: 7n })
  assert.deepEqual(await bed.read(plain, await bed.write(dated, { v: new Date(7) })), { v: 7 })
  assert.deepEqual(await bed.read(plain, await bed.write(fine, { v: 7n })), { v: 7 })
})

test('milliseconds are not read as microseconds, nor decimals with another scale', async () => {
  const bed = new SerdeBed()
  await bed.mock.setCompatibility('orders-value', 'NONE')
  const serde = (type: object): ReturnType<typeof avroSerde<unknown>> =>
    avroSerde<unknown>(bed.registry, { schema: one(type) })
  const millis = await bed.write(serde(logical('long', 'timestamp-millis')), { v: new Date(7) })
  await assert.rejects(bed.read(serde(logical('long', 'timestamp-micros')), millis), /cannot read/)
  const cents = await bed.write(serde(decimal), { v: '1.00' })
  const other = logical('bytes', 'decimal', { precision: 9, scale: 3 })
  await assert.rejects(bed.read(serde(other), cents), /cannot read/)
})

test('a conversion of the app takes the place of one that comes with the serde', async () => {
  const cents = {
    fromAvro: (bytes: Buffer) => bytes.readInt16BE(),
    toAvro: (value: unknown) => {
      const bytes = Buffer.alloc(2)
      bytes.writeInt16BE(Number(value))
      return bytes
    },
  }
  assert.equal(await roundTrip(decimal, 1250, { logicalTypes: { decimal: () => cents } }), 1250)
  const raw = { logicalTypes: { decimal: false } } as const
  assert.deepEqual(await roundTrip(decimal, Buffer.of(4, 226), raw), Buffer.of(4, 226))
})

test('a logical type on a type that it is not for counts as that type', async () => {
  assert.equal(await roundTrip(logical('string', 'date'), 'x'), 'x')
  assert.equal(await roundTrip(logical('long', 'nobody-knows'), 3), 3)
})
