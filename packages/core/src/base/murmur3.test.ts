import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur3 } from './murmur3.ts'

/** What Kafka Streams 4.3.1 gives (`Murmur3.hash128`, both longs) for n bytes i * 37 + 200. */
const RECORDED: readonly (readonly [length: number, hash: string])[] = [
  [0, '9d2764a018e329428c3cf3b035938518'],
  [1, 'bff2166f25d4e3caad76f90042c32eb7'],
  [2, 'bcd4482b54b21ae4ff522487ce044fc6'],
  [7, 'e2c12aaa37615c8d78e8fff449acd2e3'],
  [8, '5376fe5d8752a4802bcfb922970c534c'],
  [9, 'b79cc91e67eb164f7285936d18b5c4c8'],
  [15, '8541440932df88a8133781906f758397'],
  [16, '3b1ca826ba2a8ab100ff368af7e15570'],
  [17, '14606ec89b0c68c720e38f08a941bbdf'],
  [31, '0fc8bff6b4d635a2db8b6c0ce90a3cd8'],
  [32, '271fc7adca25c66d69f499a2c53fd088'],
  [33, 'c811ac0257c06b43de4815d1c281354e'],
  [100, 'ac5e6f34f01858a4773258770366c397'],
]

test('the hash is that of Kafka Streams, for every length of the rest', () => {
  for (const [length, hash] of RECORDED) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 37 + 200)
    assert.equal(murmur3(bytes).toString('hex'), hash, `${length} bytes`)
  }
  assert.equal(murmur3(Buffer.from('alice')).toString('hex'), 'c48c783f6624bc38ab44ed881c2aab95')
})

test('the hash of a part of a buffer is that of the part', () => {
  const whole = Buffer.from('xxalicexx')

  assert.deepEqual(murmur3(whole.subarray(2, 7)), murmur3(Buffer.from('alice')))
})
