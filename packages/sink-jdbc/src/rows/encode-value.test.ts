import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseColumnType } from '../options/column-type.ts'
import { encodeValue, ValueMismatch } from './encode-value.ts'

function encode(type: string, value: unknown): unknown {
  const parsed = parseColumnType(type)
  assert.ok(parsed)
  return encodeValue(value, parsed)
}

describe('a value', () => {
  const FITS: readonly (readonly [type: string, value: unknown, encoded: unknown])[] = [
    ['text', '', ''],
    ['text', null, null],
    ['text', undefined, null],
    ['int', 2147483647, 2147483647n],
    ['int', '-2147483648', -2147483648n],
    ['bigint', '9223372036854775807', 9223372036854775807n],
    ['bigint', Number.MAX_SAFE_INTEGER, 9007199254740991n],
    ['double', '1.5', 1.5],
    ['double', 12n, 12],
    ['decimal(12,2)', '1234567890.12', '1234567890.12'],
    ['decimal(12,2)', '123456789.5', '123456789.5'],
    ['decimal(4,0)', '-1234', '-1234'],
    ['decimal(4,2)', '12.25', '12.25'],
    ['decimal(12,2)', '-0.10', '-0.1'],
    ['decimal(12,2)', '-0.00', '0'],
    ['decimal(12,2)', '007', '7'],
    ['decimal(12,2)', 10n, '10'],
    ['decimal(12,2)', 0.1, '0.1'],
    ['decimal(12,2)', '1200e-3', '1.2'],
    ['decimal(12,2)', '.5', '0.5'],
    ['decimal(12,2)', '5.', '5'],
    ['decimal(30,0)', 1e21, '1000000000000000000000'],
    ['decimal(10,7)', 1e-7, '0.0000001'],
    ['boolean', false, false],
    ['timestamp', '2026-11-29T03:04:05Z', '2026-11-29T03:04:05.000000Z'],
    ['timestamp', '2026-11-29 03:04:05.1', '2026-11-29T03:04:05.100000Z'],
    ['timestamp', '2026-11-29T03:04:05.123456+02:00', '2026-11-29T01:04:05.123456Z'],
    ['timestamp', '2026-01-01T00:30:00.5+0100', '2025-12-31T23:30:00.500000Z'],
    ['timestamp', '2026-11-29T03:04:05.123456000Z', '2026-11-29T03:04:05.123456Z'],
    ['timestamp', '2026-11-29T03:04:05.120Z', '2026-11-29T03:04:05.120000Z'],
    ['timestamp', '2026-11-28T03:04:05.120Z', '2026-11-28T03:04:05.120000Z'],
    ['timestamp', '2024-02-29T03:04:05.120Z', '2024-02-29T03:04:05.120000Z'],
    ['timestamp', new Date(1), '1970-01-01T00:00:00.001000Z'],
    ['timestamp', -1, '1969-12-31T23:59:59.999000Z'],
    ['date', '2024-02-29', '2024-02-29'],
    ['date', new Date('2024-02-29T23:59:59Z'), '2024-02-29'],
    ['json', { a: [1, { b: null }] }, '{"a":[1,{"b":null}]}'],
    ['json', 'text', '"text"'],
    ['uuid', '6F9619FF-8B86-D011-B42D-00CF4FC964FF', '6f9619ff-8b86-d011-b42d-00cf4fc964ff'],
    ['int[]', [1, null, 2], [1n, null, 2n]],
  ]
  for (const [type, value, encoded] of FITS) {
    const title = typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)
    test(`${title} as ${type} is encoded`, () => {
      assert.deepEqual(encode(type, value), encoded)
    })
  }

  const DOES_NOT_FIT: readonly (readonly [type: string, value: unknown, why: RegExp])[] = [
    ['text', 1, /a value of type number is not a string/],
    ['int', 2147483648, /2147483648 is not between -2147483648 and 2147483647/],
    ['int', 1.5, /1.5 is not a whole number/],
    ['int', '1.5', /"1.5" is not a whole number/],
    ['int', NaN, /NaN is not a whole number/],
    ['bigint', 9223372036854775808n, /is not between/],
    ['bigint', 2 ** 53, /is beyond 2\^53 and may not be exact/],
    ['double', 'much', /"much" is not a number/],
    ['double', '', /"" is not a number/],
    ['decimal(5,2)', '1000', /1000 does not fit decimal\(5,2\)/],
    ['decimal(4,2)', '123', /123 does not fit decimal\(4,2\)/],
    ['decimal(9,2)', '1.125', /1.125 does not fit/],
    ['decimal(5,2)', '1.005', /1.005 does not fit decimal\(5,2\)/],
    ['decimal(5,2)', 'NaN', /"NaN" is not a decimal/],
    ['decimal(5,2)', '.', /"." is not a decimal/],
    ['decimal(5,2)', '', /"" is not a decimal/],
    ['decimal(5,2)', Infinity, /a value of type number is not a decimal/],
    ['boolean', 1, /is not a boolean/],
    ['timestamp', '2026-02-30T00:00:00Z', /"2026-02-30T00:00:00Z" is not a timestamp/],
    ['timestamp', '2026-11-29T03:04:05.1234567Z', /more than six digits after the second/],
    ['timestamp', '2026-02-29T00:00:00.000Z', /is not a timestamp/],
    ['timestamp', '2026-02-00T00:00:00.000Z', /is not a timestamp/],
    ['timestamp', '2026-02-01T24:00:01.000Z', /is not a timestamp/],
    ['timestamp', 'today', /"today" is not a timestamp/],
    ['timestamp', new Date(NaN), /is not a timestamp/],
    ['timestamp', new Date('+012026-01-01T00:00:00Z'), /is not in a year from 0 to 9999/],
    ['date', '2023-02-29', /"2023-02-29" is not a date/],
    ['json', 1n, /is no JSON/],
    ['json', () => 1, /a value of type function is not JSON/],
    ['uuid', '6f9619ff', /"6f9619ff" is not a UUID/],
    ['bytes', 'AAAA', /"AAAA" is not a Uint8Array/],
    ['int[]', 1, /is not an array/],
    ['int[]', [1, 'x'], /"x" is not a whole number/],
  ]
  for (const [type, value, why] of DOES_NOT_FIT) {
    test(`${String(value)} does not fit ${type}`, () => {
      assert.throws(
        () => encode(type, value),
        (error) => error instanceof ValueMismatch && why.test(error.message),
      )
    })
  }

  test('that is long is not repeated in the error', () => {
    assert.throws(() => encode('int', 'x'.repeat(1000)), /^Error: a value of type string is not/)
  })
})
