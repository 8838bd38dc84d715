import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  asBuffer,
  bytesToMapKey,
  compareBytes,
  equalBytes,
  mapKeyToBytes,
  prefixUpperBound,
} from './bytes.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** In the order of keys in a store. */
const ORDERED: readonly Uint8Array[] = [
  bytes(),
  bytes(0),
  bytes(0, 0),
  bytes(0, 255),
  bytes(1),
  bytes(127),
  bytes(128),
  bytes(255),
  bytes(255, 0),
  bytes(255, 255),
]

describe('order of keys', () => {
  test('bytes compare unsigned, and a prefix comes before what it begins', () => {
    const shuffled = [...ORDERED].reverse().sort(compareBytes)
    assert.deepEqual(shuffled, ORDERED)
  })

  test('map keys have the order of their bytes', () => {
    const keys = ORDERED.map(bytesToMapKey)
    assert.deepEqual([...keys].reverse().sort(), keys)
  })

  test('a map key gives its bytes back', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    assert.deepEqual(new Uint8Array(mapKeyToBytes(bytesToMapKey(all))), all)
    assert.equal(bytesToMapKey(all).length, 256)
  })
})

describe('prefixUpperBound', () => {
  test('the last byte counts one up', () => {
    assert.deepEqual(prefixUpperBound(bytes(1, 2)), bytes(1, 3))
  })

  test('bytes 255 at the end are left out', () => {
    assert.deepEqual(prefixUpperBound(bytes(1, 255, 255)), bytes(2))
  })

  test('there is none for an empty prefix, nor for one of bytes 255 only', () => {
    assert.equal(prefixUpperBound(bytes()), undefined)
    assert.equal(prefixUpperBound(bytes(255, 255)), undefined)
  })

  test('it is greater than all keys with the prefix, and no other key is between', () => {
    const bound = prefixUpperBound(bytes(7, 255))
    assert.ok(bound !== undefined)
    assert.equal(compareBytes(bytes(7, 255, 255, 255), bound), -1)
    assert.equal(compareBytes(bytes(8), bound), 0)
  })

  test('the prefix of a caller stays as it is, a Buffer too', () => {
    const prefix = Buffer.from([1, 2])
    prefixUpperBound(prefix)
    assert.deepEqual([...prefix], [1, 2])
  })
})

test('null equals null and no bytes', () => {
  assert.equal(equalBytes(null, null), true)
  assert.equal(equalBytes(null, bytes()), false)
  assert.equal(equalBytes(bytes(), null), false)
  assert.equal(equalBytes(bytes(1, 2), Buffer.from([1, 2])), true)
  assert.equal(equalBytes(bytes(1, 2), bytes(1)), false)
})

test('asBuffer shares the memory, also of a part of an array', () => {
  const memory = bytes(1, 2, 3, 4)
  const buffer = asBuffer(memory.subarray(1, 3))
  assert.deepEqual([...buffer], [2, 3])
  memory[1] = 9
  assert.equal(buffer[0], 9)
  assert.equal(asBuffer(buffer), buffer)
})
