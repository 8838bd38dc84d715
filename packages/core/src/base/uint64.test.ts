import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Uint64 } from './uint64.ts'

const VALUES: readonly bigint[] = [
  0n,
  1n,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x87c3_7b91_1142_53d5n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
]

const of = (value: bigint): Uint64 => new Uint64(Number(value >> 32n), Number(value & 0xffff_ffffn))
const valueOf = ({ hi, lo }: Uint64): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)

test('sums, products and exclusive ors are those of integers, modulo 2^64', () => {
  for (const a of VALUES) {
    for (const b of VALUES) {
      const [sum, product, either] = [of(a), of(a), of(a)]
      sum.add(of(b))
      product.multiply(of(b))
      either.xor(of(b))

      const expected = [BigInt.asUintN(64, a + b), BigInt.asUintN(64, a * b), a ^ b]
      assert.deepEqual([sum, product, either].map(valueOf), expected, `${a} and ${b}`)
    }
  }
})

test('bits are rotated and shifted over both halves', () => {
  for (const a of VALUES) {
    for (const bits of [1, 27, 31, 33, 63]) {
      const rotated = of(a)
      rotated.rotateLeft(bits)

      const expected = BigInt.asUintN(64, (a << BigInt(bits)) | (a >> BigInt(64 - bits)))
      assert.equal(valueOf(rotated), expected, `${a} by ${bits}`)
    }
    const shifted = of(a)
    shifted.xorShift33()
    assert.equal(valueOf(shifted), a ^ (a >> 33n), String(a))
  }
})
