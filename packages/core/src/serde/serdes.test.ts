import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Serde } from './serde.ts'
import { serdes } from './serdes.ts'

interface Fixture<T> {
  readonly type: string
  readonly serde: Serde<T>
  readonly value: T
  /** What Java's serializer of this type writes. */
  readonly hex: string
}

const fixture = <T>(type: string, serde: Serde<T>, value: T, hex: string): Fixture<unknown> => ({
  type,
  serde,
  value,
  hex,
})

const FIXTURES: readonly Fixture<unknown>[] = [
  fixture('string', serdes.string, 'abc', '616263'),
  fixture('string', serdes.string, '', ''),
  fixture('string', serdes.string, 'zażółć €😀', '7a61c5bcc3b3c582c48720e282acf09f9880'),
  fixture('long', serdes.long, 0, '0000000000000000'),
  fixture('long', serdes.long, 1, '0000000000000001'),
  fixture('long', serdes.long, -1, 'ffffffffffffffff'),
  fixture('long', serdes.long, 258, '0000000000000102'),
  fixture('long', serdes.long, 1_699_999_999_999, '0000018bcfe567ff'),
  fixture('long', serdes.long, 0x1_0000_0000, '0000000100000000'),
  fixture('long', serdes.long, -0x1_0000_0001, 'fffffffeffffffff'),
  fixture('long', serdes.long, Number.MAX_SAFE_INTEGER, '001fffffffffffff'),
  fixture('long', serdes.long, Number.MIN_SAFE_INTEGER, 'ffe0000000000001'),
  fixture('bigint', serdes.bigint, 1n, '0000000000000001'),
  fixture('bigint', serdes.bigint, 2n ** 63n - 1n, '7fffffffffffffff'),
  fixture('bigint', serdes.bigint, -(2n ** 63n), '8000000000000000'),
  fixture('integer', serdes.integer, 1, '00000001'),
  fixture('integer', serdes.integer, -2, 'fffffffe'),
  fixture('integer', serdes.integer, 2_147_483_647, '7fffffff'),
  fixture('integer', serdes.integer, -2_147_483_648, '80000000'),
  fixture('short', serdes.short, 258, '0102'),
  fixture('short', serdes.short, -1, 'ffff'),
  fixture('double', serdes.double, 1, '3ff0000000000000'),
  fixture('double', serdes.double, -2.5, 'c004000000000000'),
  fixture('double', serdes.double, 0.1, '3fb999999999999a'),
  fixture('double', serdes.double, Infinity, '7ff0000000000000'),
  fixture('float', serdes.float, 1, '3f800000'),
  fixture('float', serdes.float, -2.5, 'c0200000'),
  fixture('boolean', serdes.boolean, true, '01'),
  fixture('boolean', serdes.boolean, false, '00'),
]

describe('bytes are those of the Java serializers', () => {
  for (const { type, serde, value, hex } of FIXTURES) {
    test(`${type} ${String(value)} is ${hex === '' ? 'no byte' : hex}`, () => {
      assert.equal(Buffer.from(serde.serialize(value, 't')).toString('hex'), hex)
      assert.equal(serde.deserialize(Buffer.from(hex, 'hex'), 't'), value)
    })
  }

  test('a double that is no number is Java’s NaN', () => {
    const bytes = Buffer.from(serdes.double.serialize(NaN, 't'))
    assert.equal(bytes.toString('hex'), '7ff8000000000000')
    assert.equal(serdes.double.deserialize(bytes, 't'), NaN)
  })
})

test('a serde reads from an array that is a part of a larger one', () => {
  const part = Uint8Array.from([9, 0, 0, 0, 0, 0, 0, 1, 2, 9]).subarray(1, 9)
  assert.equal(serdes.long.deserialize(part, 't'), 258)
  assert.equal(serdes.string.deserialize(Uint8Array.from([1, 97, 98]).subarray(1), 't'), 'ab')
})

describe('long', () => {
  for (const value of [2 ** 53, -(2 ** 53), 1.5, NaN, Infinity]) {
    test(`refuses to write ${value}`, () => {
      assert.throws(() => serdes.long.serialize(value, 't'), {
        name: 'TypeError',
        message: `not a safe integer: ${value}`,
      })
    })
  }

  for (const hex of ['0020000000000000', '7fffffffffffffff', '8000000000000000']) {
    test(`refuses to read ${hex}, which a number cannot hold`, () => {
      assert.throws(() => serdes.long.deserialize(Buffer.from(hex, 'hex'), 't'), {
        name: 'RangeError',
        message: 'a long beyond 2^53 does not fit a number; use serdes.bigint',
      })
    })
  }
})

const SIZES: readonly (readonly [string, Serde<unknown>, number, string])[] = [
  ['long', serdes.long, 8, 'long'],
  ['bigint', serdes.bigint, 8, 'long'],
  ['integer', serdes.integer, 4, 'integer'],
  ['short', serdes.short, 2, 'short'],
  ['double', serdes.double, 8, 'double'],
  ['float', serdes.float, 4, 'float'],
  ['boolean', serdes.boolean, 1, 'boolean'],
]

describe('wrong length', () => {
  for (const [name, serde, size, type] of SIZES) {
    for (const length of new Set([0, size - 1, size + 1])) {
      test(`${name} refuses ${length} bytes`, () => {
        assert.throws(() => serde.deserialize(Buffer.alloc(length), 't'), {
          name: 'RangeError',
          message: `a ${type} has ${size} bytes, got ${length}`,
        })
      })
    }
  }
})

describe('values of another type', () => {
  test('string refuses a number', () => {
    assert.throws(() => serdes.string.serialize(1 as never, 't'), {
      message: 'expected a string, got number',
    })
  })

  test('double refuses a string', () => {
    assert.throws(() => serdes.double.serialize('1' as never, 't'), {
      message: 'expected a number, got string',
    })
  })

  test('boolean refuses a number, and a byte other than 0 and 1', () => {
    assert.throws(() => serdes.boolean.serialize(1 as never, 't'), {
      message: 'expected a boolean, got number',
    })
    assert.throws(() => serdes.boolean.deserialize(Buffer.of(2), 't'), {
      message: 'not a boolean: byte 2',
    })
  })

  for (const value of [1.5, NaN, Infinity]) {
    test(`integer and short refuse ${value}`, () => {
      const expected = { name: 'TypeError', message: `not an integer: ${value}` }
      assert.throws(() => serdes.integer.serialize(value, 't'), expected)
      assert.throws(() => serdes.short.serialize(value, 't'), expected)
    })
  }

  test('integer and short refuse what is beyond their ranges', () => {
    for (const value of [2_147_483_648, -2_147_483_649]) {
      assert.throws(() => serdes.integer.serialize(value, 't'), { name: 'RangeError' })
    }
    for (const value of [32_768, -32_769]) {
      assert.throws(() => serdes.short.serialize(value, 't'), { name: 'RangeError' })
    }
  })
})

describe('json', () => {
  test('an object is UTF-8 text with its keys in their own order', () => {
    const serde = serdes.json<{ b: number; a: string }>()
    const bytes = serde.serialize({ b: 1, a: 'é' }, 't')
    assert.equal(Buffer.from(bytes).toString('utf8'), '{"b":1,"a":"é"}')
    assert.deepEqual(serde.deserialize(bytes, 't'), { b: 1, a: 'é' })
  })

  test('what JSON has no text for is refused', () => {
    for (const value of [undefined, () => 1, Symbol('s')]) {
      assert.throws(() => serdes.json<unknown>().serialize(value, 't'), {
        name: 'TypeError',
        message: `not a JSON value: ${typeof value}`,
      })
    }
  })

  test('text that is no JSON is refused', () => {
    assert.throws(() => serdes.json().deserialize(Buffer.from('{'), 't'), { name: 'SyntaxError' })
  })
})

test('bytes go through without a copy', () => {
  const value = Uint8Array.of(1, 2)
  assert.equal(serdes.bytes.serialize(value, 't'), value)
  assert.equal(serdes.bytes.deserialize(value, 't'), value)
})

describe('nullable', () => {
  const serde = serdes.nullable(serdes.string)

  test('the bytes are those of the serde within', () => {
    assert.deepEqual(serde.serialize('a', 't'), serdes.string.serialize('a', 't'))
    assert.equal(serde.deserialize(Buffer.from('a'), 't'), 'a')
  })

  test('null has no bytes', () => {
    assert.throws(() => serde.serialize(null, 't'), {
      name: 'TypeError',
      message: 'a serde is never called with null',
    })
  })
})
