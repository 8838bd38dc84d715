import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  bufferTimeOf,
  type BufferValue,
  bufferValueBytes,
  decodeBufferValue,
  encodeBufferValue,
} from './buffer-value.ts'
import type { RecordContext } from './record-context.ts'

type Text = string | null

const plain: RecordContext = {
  timestampMs: 7,
  headers: [],
  metadata: { topic: 'in', partition: 3, offset: 42 },
}
const full: RecordContext = {
  timestampMs: 1_700_000_000_000,
  headers: [
    { key: 'h', value: Buffer.from('1') },
    { key: 'é', value: null },
    { key: 'h', value: Buffer.from('') },
  ],
  metadata: { topic: 'tópic', partition: 0, offset: 5_000_000_000 },
}
const PLAIN = '0000000000000007000000000000002a00000002696e0000000300000000'
const FULL =
  '0000018bcfe56800000000012a05f2000000000674c3b370696300000000000000030000' +
  '000168000000013100000002c3a9ffffffff000000016800000000'

/** What Kafka Streams 4.3.1 writes (`BufferValue.serialize`), and counts (`residentMemorySizeEstimate`). */
const FIXTURES: readonly (readonly [Text, Text, Text, string, number])[] = [
  [null, null, 'n', 'ffffffffffffffff000000016e', 23],
  ['p', 'o', 'n', '0000000170000000016f000000016e', 25],
  ['p', 'p', 'n', '0000000170fffffffe000000016e', 24],
  ['p', null, null, '0000000170ffffffffffffffff', 23],
  [null, 'o', null, 'ffffffff000000016fffffffff', 23],
  ['', '', 'x', '00000000fffffffe0000000178', 23],
]
const MORE_OF_FULL = 7

function bytes(text: Text): Buffer | null {
  return text === null ? null : Buffer.from(text)
}

describe('a buffered value has the bytes of Kafka Streams', () => {
  for (const [prior, oldValue, newValue, hex, size] of FIXTURES) {
    const value = { prior: bytes(prior), oldValue: bytes(oldValue), newValue: bytes(newValue) }
    const inPlain: BufferValue = { context: plain, ...value }
    const inFull: BufferValue = { context: full, ...value }

    test(`with prior ${prior}, old ${oldValue} and new ${newValue}`, () => {
      const encoded = encodeBufferValue(inPlain, 9)
      assert.equal(encoded.toString('hex'), `${PLAIN}${hex}0000000000000009`)
      assert.deepEqual(decodeBufferValue(encoded), inPlain)
      assert.equal(bufferTimeOf(encoded), 9)
      assert.equal(bufferValueBytes(inPlain), size)
    })

    test(`with headers too: prior ${prior}, old ${oldValue} and new ${newValue}`, () => {
      const encoded = encodeBufferValue(inFull, 1_700_000_000_001)
      assert.equal(encoded.toString('hex'), `${FULL}${hex}0000018bcfe56801`)
      assert.deepEqual(decodeBufferValue(encoded), inFull)
      assert.equal(bufferTimeOf(encoded), 1_700_000_000_001)
      assert.equal(bufferValueBytes(inFull), size + MORE_OF_FULL)
    })
  }
})

test('what a punctuator forwarded has no origin, and is read back without one', () => {
  const context: RecordContext = { timestampMs: 5, headers: [], metadata: undefined }
  const value = { context, prior: null, oldValue: null, newValue: null }
  const encoded = encodeBufferValue(value, 5)

  const origin = 'ffffffffffffffff' + '00000000' + 'ffffffff'
  assert.equal(
    encoded.toString('hex'),
    `0000000000000005${origin}00000000${'ff'.repeat(12)}0000000000000005`,
  )
  assert.deepEqual(decodeBufferValue(encoded), value)
})

test('bytes that end too soon are refused', () => {
  const encoded = encodeBufferValue(
    { context: full, prior: null, oldValue: null, newValue: Buffer.from('new') },
    1,
  )
  for (let length = 0; length < encoded.length - 8; length++) {
    assert.throws(() => decodeBufferValue(encoded.subarray(0, length)), RangeError)
  }
})
