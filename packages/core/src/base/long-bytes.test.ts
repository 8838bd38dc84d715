import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLong, writeLong } from './long-bytes.ts'

function bytesOf(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  writeLong(bytes, value, 0)
  return bytes
}

test('a number is written as the long that Java writes, and read back', () => {
  for (const value of [0, 1, -1, 2 ** 32 - 1, 2 ** 32, -(2 ** 32), 1_700_000_000_000]) {
    const expected = Buffer.alloc(8)
    expected.writeBigInt64BE(BigInt(value))
    assert.deepEqual(bytesOf(value), expected)
    assert.equal(readLong(expected, 0), value)
  }
  for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    assert.equal(readLong(bytesOf(value), 0), value)
  }
})

test('a number beyond the longs is the largest one', () => {
  assert.equal(bytesOf(Infinity).toString('hex'), '7fffffffffffffff')
  assert.equal(bytesOf(2 ** 63).toString('hex'), '7fffffffffffffff')
  assert.equal(readLong(bytesOf(Infinity), 0), 2 ** 63)
})
