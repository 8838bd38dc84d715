import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ColumnType } from './options/column-type.ts'
import { type TestedDatabase, freshTable } from './tested-database.testkit.ts'
import { writeOnce } from './sink-bench.testkit.ts'

interface Case {
  readonly type: ColumnType
  readonly values: readonly unknown[]
  readonly read: Readonly<Partial<Record<TestedDatabase['kind'], readonly unknown[]>>>
}

const BYTES = Uint8Array.from({ length: 256 }, (_, i) => i)
const HEX = Buffer.from(BYTES).toString('hex')
const TEXTS = ['', 'NULL', 'null', '"\\\'{},;--', 'ключ 🗝 \n\t', 'x'.repeat(100_000)]
const DOUBLES = [0, 0.1, -1.5, 1.7976931348623157e308, 2.2250738585072014e-308, 9007199254740992]

/** What everybody reads in the same way. */
const same = (values: readonly unknown[]): Case['read'] => ({
  postgresql: values,
  mariadb: values,
  sqlite: values,
})

const CASES: readonly Case[] = [
  { type: 'text', values: TEXTS, read: same(TEXTS) },
  {
    type: 'int',
    values: [2147483647, -2147483648, '0'],
    read: same(['2147483647', '-2147483648', '0']),
  },
  {
    type: 'bigint',
    values: [9223372036854775807n, '-9223372036854775808', '9007199254740993'],
    read: same(['9223372036854775807', '-9223372036854775808', '9007199254740993']),
  },
  { type: 'double', values: DOUBLES, read: same(DOUBLES) },
  {
    type: 'decimal(38,10)',
    values: ['1234567890123456789012345678.0123456789', '-0.0000000001', '1.1', 1e-7],
    read: {
      ...same([
        '1234567890123456789012345678.0123456789',
        '-0.0000000001',
        '1.1000000000',
        '0.0000001000',
      ]),
      sqlite: ['1234567890123456789012345678.0123456789', '-0.0000000001', '1.1', '0.0000001'],
    },
  },
  {
    type: 'boolean',
    values: [true, false],
    read: { postgresql: ['true', 'false'], mariadb: ['1', '0'], sqlite: ['1', '0'] },
  },
  {
    type: 'timestamp',
    values: [
      '2026-11-29T03:04:05.123456+02:00',
      '1000-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999999Z',
      new Date(1),
    ],
    read: {
      postgresql: [
        '2026-11-29 01:04:05.123456+00',
        '1000-01-01 00:00:00+00',
        '9999-12-31 23:59:59.999999+00',
        '1970-01-01 00:00:00.001+00',
      ],
      mariadb: [
        '2026-11-29 01:04:05.123456',
        '1000-01-01 00:00:00.000000',
        '9999-12-31 23:59:59.999999',
        '1970-01-01 00:00:00.001000',
      ],
      sqlite: [
        '2026-11-29T01:04:05.123456Z',
        '1000-01-01T00:00:00.000000Z',
        '9999-12-31T23:59:59.999999Z',
        '1970-01-01T00:00:00.001000Z',
      ],
    },
  },
  {
    type: 'date',
    values: ['2024-02-29', '1000-01-01', '9999-12-31'],
    read: same(['2024-02-29', '1000-01-01', '9999-12-31']),
  },
  {
    type: 'json',
    values: [{ a: [1, { b: null }], ключ: '"\\' }, 'text', [[]], 0, false],
    read: {
      ...same(['{"a":[1,{"b":null}],"ключ":"\\"\\\\"}', '"text"', '[[]]', '0', 'false']),
      postgresql: ['{"a": [1, {"b": null}], "ключ": "\\"\\\\"}', '"text"', '[[]]', '0', 'false'],
    },
  },
  {
    type: 'uuid',
    values: ['6F9619FF-8B86-D011-B42D-00CF4FC964FF'],
    read: same(['6f9619ff-8b86-d011-b42d-00cf4fc964ff']),
  },
  { type: 'bytes', values: [BYTES, new Uint8Array()], read: same([HEX, '']) },
  {
    type: 'text[]',
    values: [['a', 'NULL', null, '"\\{},'], [], ['']],
    read: { postgresql: ['{a,"NULL",NULL,"\\"\\\\{},"}', '{}', '{""}'] },
  },
  {
    type: 'bigint[]',
    values: [[9223372036854775807n, null, 0]],
    read: { postgresql: ['{9223372036854775807,NULL,0}'] },
  },
  {
    type: 'decimal(10,2)[]',
    values: [['1.5', '-12345678.25']],
    read: { postgresql: ['{1.50,-12345678.25}'] },
  },
  { type: 'boolean[]', values: [[true, false]], read: { postgresql: ['{t,f}'] } },
  {
    type: 'timestamp[]',
    values: [['2026-11-29T01:04:05.123456Z']],
    read: { postgresql: ['{"2026-11-29 01:04:05.123456+00"}'] },
  },
  {
    type: 'json[]',
    values: [[{ a: ['"'] }]],
    read: { postgresql: ['{"{\\"a\\": [\\"\\\\\\"\\"]}"}'] },
  },
  {
    type: 'bytes[]',
    values: [[Uint8Array.of(0, 92, 34), new Uint8Array()]],
    read: { postgresql: ['{"\\\\x005c22","\\\\x"}'] },
  },
]

/** Values of every type come back as they were. */
export function testTypes(database: TestedDatabase): void {
  describe(`${database.name}: types`, () => {
    for (const { type, values, read } of CASES) {
      const expected = read[database.kind]
      if (expected === undefined) continue
      test(`${type} comes back exactly, and so does null`, async () => {
        const table = freshTable()
        const options = {
          connectionUrl: database.jdbcUrl,
          table,
          autoCreate: true,
          schema: { id: 'int', v: type },
        } as const
        const rows = [...values, null].map((v, id) => [null, { id, v }] as const)
        assert.deepEqual(await writeOnce(options, ...rows), [])
        assert.deepEqual(await database.readColumn(table, type), [...expected, null])
      })
    }
  })
}
