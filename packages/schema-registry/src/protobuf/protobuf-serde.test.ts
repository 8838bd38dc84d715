import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SerdeBed } from '../serde/serde-bed.testkit.ts'
import { protobufSerde } from './protobuf-serde.ts'

const ORDER = `
syntax = "proto3";
package shop;

enum Kind {
  UNKNOWN = 0;
  GIFT = 1;
}

message Order {
  string id = 1;
  int64 cents = 2;
  Kind kind = 3;
  repeated Line lines = 4;
  map<string, int32> counts = 5;
  optional int32 rank = 6;
  oneof paid {
    string card = 7;
    bool cash = 8;
  }
  bytes seal = 9;
  double weight = 10;
  Order parent = 11;
  repeated sint32 marks = 12;

  message Line {
    string sku = 1;
    message Part {
      uint64 number = 1;
    }
  }
}

message Refund {
  string order_id = 1;
}
`

const full = {
  id: 'a',
  cents: 2 ** 50,
  kind: 'GIFT',
  lines: [{ sku: 'x' }, { sku: 'y' }],
  counts: { a: 1, b: -2 },
  rank: 0,
  card: 'visa',
  seal: Buffer.from([1, 2]),
  weight: 0.5,
  marks: [-1, 0, 3],
}
const empty = {
  id: '',
  cents: 0,
  kind: 'UNKNOWN',
  lines: [],
  counts: {},
  seal: Buffer.alloc(0),
  weight: 0,
  marks: [],
}

test('messages are plain objects, and what is not written has its default or is absent', async () => {
  const bed = new SerdeBed()
  const serde = protobufSerde<unknown>(bed.registry, { schema: ORDER })
  assert.deepEqual(await bed.roundTrip(serde, full), full)
  assert.deepEqual(await bed.roundTrip(serde, {}), empty)
  const nested = { ...empty, parent: { ...empty, id: 'p', cash: false } }
  assert.deepEqual(await bed.roundTrip(serde, nested), nested)
})

test('the bytes are a zero, the id, the indexes of the message, and the message', async () => {
  const bed = new SerdeBed()
  const write = (message: string, value: object): Promise<Uint8Array> =>
    bed.write(protobufSerde<object>(bed.registry, { schema: ORDER, message }), value)

  assert.deepEqual(await write('Order', { id: 'a', cents: 0 }), Buffer.from([0, 0, 0, 0, 1, 0, 10, 1, 0x61])) // prettier-ignore
  assert.deepEqual(await write('Refund', { orderId: 'a' }), Buffer.from([0, 0, 0, 0, 1, 2, 2, 10, 1, 0x61])) // prettier-ignore
  assert.deepEqual(await write('Line', { sku: 'a' }), Buffer.from([0, 0, 0, 0, 1, 4, 0, 0, 10, 1, 0x61])) // prettier-ignore
  assert.deepEqual(await write('shop.Order.Line.Part', { number: 5 }), Buffer.from([0, 0, 0, 0, 1, 6, 0, 0, 0, 8, 5])) // prettier-ignore
})

test('an old and a new version of a message read each other by the numbers of the fields', async () => {
  const bed = new SerdeBed()
  const text = (fields: string): string => `syntax = "proto3"; message Order { ${fields} }`
  const old = protobufSerde<unknown>(bed.registry, { schema: text('string id = 1;') })
  const fresh = protobufSerde<unknown>(bed.another(), {
    schema: text('string key = 1; int32 cents = 2; optional string note = 3;'),
  })
  const oldBytes = await bed.write(old, { id: 'a' })
  const newBytes = await bed.write(fresh, { key: 'b', cents: 4, note: 'x' })

  assert.deepEqual(await bed.read(old, newBytes), { id: 'b' })
  assert.deepEqual(await bed.read(fresh, oldBytes), { key: 'a', cents: 0 })
})

test('a record that is another message is not taken for the one of the serde', async () => {
  const bed = new SerdeBed()
  const bytes = await bed.write(protobufSerde<object>(bed.registry, { schema: ORDER, message: 'Refund' }), { orderId: 'a' }) // prettier-ignore
  await assert.rejects(
    bed.read(protobufSerde(bed.registry, { schema: ORDER }), bytes),
    /it is a message shop\.Refund, and the serde reads shop\.Order/,
  )
  assert.deepEqual(await bed.read(protobufSerde(bed.registry), bytes), { orderId: 'a' })
})

test('64-bit integers are exact as bigints, and an error as numbers where they do not fit', async () => {
  const bed = new SerdeBed()
  const schema = `syntax = "proto3"; message A { int64 a = 1; uint64 b = 2; sint64 c = 3; fixed64 d = 4; sfixed64 e = 5; }` // prettier-ignore
  const exact = protobufSerde<unknown>(bed.registry, { schema, long: 'bigint' })
  const value = { a: -(2n ** 63n), b: 2n ** 64n - 1n, c: -1n, d: 2n ** 63n, e: 2n ** 62n + 1n }
  const bytes = await bed.write(exact, value)
  assert.deepEqual(await bed.read(exact, bytes), value)
  assert.deepEqual(await bed.roundTrip(exact, {}), { a: 0n, b: 0n, c: 0n, d: 0n, e: 0n })

  const plain = protobufSerde<unknown>(bed.registry, { schema })
  await assert.rejects(bed.read(plain, bytes), /at \/a: -9223372036854775808 does not fit a number/)
  const safe = { a: -5, b: 5, c: -(2 ** 53 - 1), d: 0, e: 1 }
  assert.deepEqual(await bed.roundTrip(plain, safe), safe)
})

test('what does not fit is told with its place, and nothing of it is written', async () => {
  const bed = new SerdeBed()
  const serde = protobufSerde<unknown>(bed.registry, { schema: ORDER })
  const cases: readonly (readonly [unknown, string])[] = [
    [{ id: 5 }, 'at /id: expected a string, got number 5'],
    [{ cents: '5' }, 'at /cents: expected a int64, got string 5'],
    [{ cents: 1.5 }, 'at /cents: expected a int64, got number 1.5'],
    [{ cents: 2n ** 63n }, 'at /cents: 9223372036854775808 does not fit a int64'],
    [{ kind: 'NONE' }, 'at /kind: NONE is none of Kind: UNKNOWN, GIFT'],
    [
      { lines: [{ sku: 'x' }, { sku: true }] },
      'at /lines/1/sku: expected a string, got boolean true',
    ],
    [{ lines: {} }, 'at /lines: expected an array, got object'],
    [{ counts: { a: 2 ** 31 } }, 'at /counts/a: expected a int32, got number 2147483648'],
    [{ seal: 'x' }, 'at /seal: expected bytes, got string x'],
    [{ parent: 'x' }, 'at /parent: expected a message Order, got string'],
    ['x', 'expected a message Order, got string'],
  ]
  for (const [value, message] of cases) {
    await assert.rejects(bed.write(serde, value), {
      name: 'TypeError',
      message: `the value does not fit schema 1 of subject orders-value: ${message}`,
    })
  }
})

test('values of an enum that the reader does not know are numbers, and are written again', async () => {
  const bed = new SerdeBed()
  const text = (values: string): string =>
    `syntax = "proto3"; enum K { A = 0; ${values} } message M { K k = 1; }`
  const fresh = protobufSerde<unknown>(bed.registry, { schema: text('B = 1;') })
  const old = protobufSerde<unknown>(bed.registry, { schema: text('') })
  const read = await bed.read(old, await bed.write(fresh, { k: 'B' }))
  assert.deepEqual(read, { k: 1 })
  assert.deepEqual(await bed.read(fresh, await bed.write(old, read)), { k: 'B' })
})

test('bytes that were read stay as they are when the record is gone', async () => {
  const bed = new SerdeBed()
  const serde = protobufSerde<{ seal: Buffer }>(bed.registry, { schema: ORDER })
  const bytes = await bed.write(serde, { seal: Buffer.from([1, 2, 3]) })
  const { seal } = await bed.read(serde, bytes)
  bytes.fill(0)
  assert.deepEqual(seal, Buffer.from([1, 2, 3]))
})

test('the files of Protobuf itself can be imported, and those of the registry', async () => {
  const bed = new SerdeBed()
  const used = 'syntax = "proto3"; package shop; message Line { string sku = 1; }'
  await bed.mock.register('line.proto', { type: 'PROTOBUF', text: used })
  const schema = `syntax = "proto3"; package shop;
    import "google/protobuf/timestamp.proto"; import "line.proto";
    message Order { google.protobuf.Timestamp at = 1; Line line = 2; }`
  const references = [{ name: 'line.proto', subject: 'line.proto', version: 1 }]
  const value = { at: { seconds: 5, nanos: 7 }, line: { sku: 'x' } }
  const bytes = await bed.write(protobufSerde<unknown>(bed.registry, { schema, references }), value)
  assert.deepEqual(
    await bed.read(protobufSerde(bed.another(), { schema, references }), bytes),
    value,
  )
  // Line is of another file: the first message of this one is Order.
  assert.equal(bytes[5], 0)
})

test('names of fields are camelCase, or as in the schema', async () => {
  const bed = new SerdeBed()
  const options = { schema: ORDER, message: 'Refund', keepCase: true }
  const value = { order_id: 'a' }
  assert.deepEqual(await bed.roundTrip(protobufSerde(bed.registry, options), value), value)
})

test('fields of proto2 are told from absent ones', async () => {
  const bed = new SerdeBed()
  const schema = `syntax = "proto2"; message A { required int32 a = 1; optional int32 b = 2; repeated int32 c = 3; }` // prettier-ignore
  const serde = protobufSerde<unknown>(bed.registry, { schema })
  assert.deepEqual(await bed.roundTrip(serde, { a: 0, b: 0 }), { a: 0, b: 0, c: [] })
  assert.deepEqual(await bed.roundTrip(serde, { a: 1 }), { a: 1, c: [] })
  await assert.rejects(bed.write(serde, { b: 1 }), /does not fit schema 1.*\/a/)
})

test('a message that the file does not have is told with those that it has', () => {
  const { registry } = new SerdeBed()
  assert.throws(() => protobufSerde(registry, { schema: ORDER, message: 'Nothing' }), {
    code: 'MR_SCHEMA_INVALID',
    hint: 'There are: shop.Order, shop.Order.Line, shop.Order.Line.Part, shop.Refund.',
  })
  assert.throws(() => protobufSerde(registry, { schema: 'message {' }), {
    code: 'MR_SCHEMA_INVALID',
  })
})

test('indexes that are none are an error of their record', async () => {
  const bed = new SerdeBed()
  const serde = protobufSerde<object>(bed.registry, { schema: ORDER })
  await bed.write(serde, {})
  for (const [indexes, message] of [
    [[], /they end within the message indexes/],
    [[2], /they end within the message indexes/],
    [[2, 18], /there is no message with the indexes \[9\]/],
    [[1], /they have -1 message indexes/],
    [[255, 255, 255, 255, 255, 1], /a message index is too large/],
    [[0, 255], /the bytes do not fit schema 1/],
  ] as const) {
    const bytes = Buffer.from([0, 0, 0, 0, 1, ...indexes])
    await assert.rejects(bed.read(serde, bytes), message, JSON.stringify(indexes))
  }
})
