import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactValueTest, isAsciiText } from './exact-values.ts'
import type { Serde } from './serde.ts'
import { serdes } from './serdes.ts'

const CASES: readonly (readonly [name: string, serde: unknown, values: readonly unknown[]])[] = [
  ['string', serdes.string, ['', 'text', 'ä€😀', '\ud83d', 'a\udc00', 7, null]],
  ['long', serdes.long, [0, -0, 1, -1, 2 ** 53 - 1, 2 ** 53, 1.5, NaN, Infinity, '1']],
  [
    'integer',
    serdes.integer,
    [0, -0, 1, -(2 ** 31), 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 0.5, NaN],
  ],
  ['short', serdes.short, [0, -0, -(2 ** 15), 2 ** 15 - 1, 2 ** 15, -(2 ** 15) - 1, 1.5]],
  ['double', serdes.double, [0, -0, 0.1, NaN, -Infinity, 2 ** 60, '1']],
  ['boolean', serdes.boolean, [true, false, 1, 'true', null]],
  ['bigint', serdes.bigint, [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, 1]],
]

/** What becomes of a value on its way through bytes. */
function roundTrip(serde: Serde<unknown>, value: unknown): unknown {
  return serde.deserialize(serde.serialize(value, ''), '')
}

for (const [name, given, values] of CASES) {
  test(`an exact ${name} is one that the serde takes and gives back`, () => {
    const serde = given as Serde<unknown> // the wrong types are the point
    const isExact = exactValueTest(serde)
    for (const value of values) {
      let isSame = false
      try {
        isSame = Object.is(roundTrip(serde, value), value)
      } catch {
        // It does not take the value.
      }
      assert.equal(isExact?.(value), isSame, String(value))
    }
  })
}

test('values of other serdes are not kept: they can change, or come back changed', () => {
  assert.equal(exactValueTest(serdes.json()), undefined)
  assert.equal(exactValueTest(serdes.float), undefined)
  assert.equal(exactValueTest(serdes.bytes), undefined)
})

test('an ASCII text is one whose bytes are its code units', () => {
  assert.equal(isAsciiText('user-1 ~'), true)
  assert.equal(isAsciiText(''), true)
  assert.equal(isAsciiText('ä'), false)
  assert.equal(isAsciiText('a€'), false)
})
