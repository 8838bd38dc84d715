import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, partitionForKey } from './murmur2.ts'

/** From Kafka's own UtilsTest. */
const VECTORS: readonly (readonly [string, number])[] = [
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
]

for (const [text, hash] of VECTORS) {
  test(`the hash of ${text} is Java's`, () => {
    assert.equal(murmur2(Buffer.from(text)), hash)
  })
}

test('the hash reads bytes as unsigned', () => {
  const inMiddle = Uint8Array.from([0, 0x80, 0xff, 0x7f, 0xfe]).subarray(1)
  assert.equal(murmur2(inMiddle), murmur2(Uint8Array.from([0x80, 0xff, 0x7f, 0xfe])))
})

test('a negative hash gives a partition in range', () => {
  assert.equal(partitionForKey(Buffer.from('21'), 7), (-973_932_308 & 0x7fffffff) % 7)
})
