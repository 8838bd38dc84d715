import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Header, type Headers, NO_HEADERS } from '../record/headers.ts'
import { encodeTimestamped, headersOf, timestampedValue, timestampOf } from './timestamped-value.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const header = (key: string, value: string | null): Header => ({
  key,
  value: value === null ? null : Buffer.from(value),
})

interface Fixture {
  readonly title: string
  readonly value: string
  readonly timestampMs: number
  readonly headers: Headers
  readonly bytes: string
}

const FIXTURES: readonly Fixture[] = [
  {
    title: 'without headers it is a zero byte, the timestamp and the value',
    value: 'ab',
    timestampMs: 1_700_000_000_000,
    headers: NO_HEADERS,
    bytes: '00 0000018bcfe56800 6162',
  },
  {
    title: 'an empty value has no bytes',
    value: '',
    timestampMs: 0,
    headers: NO_HEADERS,
    bytes: '00 0000000000000000',
  },
  {
    title: 'a header is a name and a value, each behind its length',
    value: 'v',
    timestampMs: 7,
    headers: [header('k', 'xy')],
    // size 6; count 1; length 1 'k'; length 2 'xy': zig-zag doubles each
    bytes: '0c 02 02 6b 04 7879 0000000000000007 76',
  },
  {
    title: 'a header without a value has the length -1, an empty one 0',
    value: 'v',
    timestampMs: 7,
    headers: [header('a', null), header('b', '')],
    bytes: '0e 04 02 61 01 02 62 00 0000000000000007 76',
  },
  {
    title: 'headers may have the same name, and keep their order',
    value: 'v',
    timestampMs: 7,
    headers: [header('k', '2'), header('k', '1')],
    bytes: '12 04 02 6b 02 32 02 6b 02 31 0000000000000007 76',
  },
]

describe('stored form', () => {
  for (const { title, value, timestampMs, headers, bytes } of FIXTURES) {
    test(title, () => {
      const stored = encodeTimestamped(Buffer.from(value), timestampMs, headers)
      assert.equal(hex(stored), bytes.replaceAll(' ', ''))
      assert.equal(hex(timestampedValue(stored)), hex(Buffer.from(value)))
      assert.equal(timestampOf(stored), timestampMs)
      assert.deepEqual(headersOf(stored), headers)
    })
  }
})

/** Around each length at which a zig-zag varint takes a byte more. */
const LENGTHS = [0, 1, 63, 64, 8191, 8192, 1_048_575, 1_048_576]

for (const length of LENGTHS) {
  test(`a header of ${length} bytes comes back`, () => {
    const headers = [{ key: 'name', value: Buffer.alloc(length, 7) }]
    const stored = encodeTimestamped(Buffer.from('value'), 1, headers)
    assert.deepEqual(headersOf(stored), headers)
    assert.equal(timestampOf(stored), 1)
    assert.equal(hex(timestampedValue(stored)), hex(Buffer.from('value')))
  })
}

test('a name of more than one byte a character comes back', () => {
  const headers = [header('żółć', 'x')]
  assert.deepEqual(headersOf(encodeTimestamped(Buffer.from('v'), 1, headers)), headers)
})

for (const timestampMs of [0, 1, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER]) {
  test(`the timestamp ${timestampMs} comes back`, () => {
    assert.equal(timestampOf(encodeTimestamped(Buffer.of(1), timestampMs, NO_HEADERS)), timestampMs)
  })
}

test('no headers come back as the one empty list', () => {
  assert.equal(headersOf(encodeTimestamped(Buffer.of(1), 1, [])), NO_HEADERS)
})

test('stored bytes are read from a part of a larger array', () => {
  const stored = encodeTimestamped(Buffer.from('ab'), 258, [header('k', 'x')])
  const memory = new Uint8Array(stored.length + 2)
  memory.set(stored, 1)
  const part = memory.subarray(1, stored.length + 1)
  assert.equal(timestampOf(part), 258)
  assert.equal(hex(timestampedValue(part)), '6162')
  assert.deepEqual(headersOf(part), [header('k', 'x')])
})
