import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeOffsetMetadata,
  encodeOffsetMetadata,
  UNKNOWN_OFFSET_METADATA,
} from './offset-metadata.ts'

const base64 = (hex: string): string =>
  Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('base64')

const TIME_ONLY = base64('02 0000018bcfe56800')
const WITH_STORES = base64(
  '02 0000018bcfe56800 00000002 00000001 61 0000000000000005 00000002 6263 ffffffffffffffff',
)

test('a partition time is a version byte and 8 bytes', () => {
  const metadata = { partitionTimeMs: 1_700_000_000_000, processorTimes: new Map<string, number>() }
  assert.equal(encodeOffsetMetadata(metadata), TIME_ONLY)
  assert.deepEqual(decodeOffsetMetadata(TIME_ONLY), metadata)
})

test('times of operators follow as a counted list', () => {
  const processorTimes = new Map([
    ['a', 5],
    ['bc', -1],
  ])
  const metadata = { partitionTimeMs: 1_700_000_000_000, processorTimes }
  assert.equal(encodeOffsetMetadata(metadata), WITH_STORES)
  assert.deepEqual(decodeOffsetMetadata(WITH_STORES), metadata)
})

test('an unknown partition time is -1 both ways', () => {
  const text = encodeOffsetMetadata(UNKNOWN_OFFSET_METADATA)
  assert.equal(text, base64('02 ffffffffffffffff'))
  assert.deepEqual(decodeOffsetMetadata(text), UNKNOWN_OFFSET_METADATA)
})

test('version 1 holds the partition time alone', () => {
  assert.deepEqual(decodeOffsetMetadata(base64('01 0000000000000007')), {
    partitionTimeMs: 7,
    processorTimes: new Map(),
  })
})

const FOREIGN: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['another version', base64('03 0000000000000007')],
  ['too few bytes', base64('02 00000000')],
  ['text of another program', 'committed by hand'],
]

for (const [what, text] of FOREIGN) {
  test(`${what} is ignored`, () => {
    assert.deepEqual(decodeOffsetMetadata(text), UNKNOWN_OFFSET_METADATA)
  })
}

test('a list that ends early keeps what is whole', () => {
  const cut = base64('02 0000000000000007 00000002 00000001 61 0000000000000005 00000002 62')
  assert.deepEqual(decodeOffsetMetadata(cut), {
    partitionTimeMs: 7,
    processorTimes: new Map([['a', 5]]),
  })
})
