import { asBuffer } from './bytes.ts'
import { Uint64 } from './uint64.ts'

const SEED = 104_729 // Kafka Streams': `Murmur3.DEFAULT_SEED`
const BLOCK_BYTES = 16
const C1 = new Uint64(0x87c3_7b91, 0x1142_53d5)
const C2 = new Uint64(0x4cf5_ad43, 0x2745_937f)
const M = new Uint64(0, 5)
const N1 = new Uint64(0, 0x52dc_e729)
const N2 = new Uint64(0, 0x3849_5ab5)
const FINAL1 = new Uint64(0xff51_afd7, 0xed55_8ccd)
const FINAL2 = new Uint64(0xc4ce_b9fe, 0x1a85_ec53)

/** Murmur3 of 128 bits with Kafka Streams' seed, as 16 bytes: both halves big-endian, as Java writes its longs. */
export function murmur3(data: Uint8Array): Buffer {
  const bytes = asBuffer(data)
  const h1 = new Uint64(0, SEED)
  const h2 = new Uint64(0, SEED)
  const end = bytes.length - (bytes.length % BLOCK_BYTES)
  for (let at = 0; at < end; at += BLOCK_BYTES) mixBlock(h1, h2, bytes, at)
  mixTail(h1, h2, bytes.subarray(end))

  const length = new Uint64(0, bytes.length)
  h1.xor(length)
  h2.xor(length)
  h1.add(h2)
  h2.add(h1)
  finish(h1)
  finish(h2)
  h1.add(h2)
  h2.add(h1)

  const hash = Buffer.allocUnsafe(BLOCK_BYTES)
  hash.writeInt32BE(h1.hi, 0)
  hash.writeInt32BE(h1.lo, 4)
  hash.writeInt32BE(h2.hi, 8)
  hash.writeInt32BE(h2.lo, 12)
  return hash
}

function mixBlock(h1: Uint64, h2: Uint64, bytes: Buffer, at: number): void {
  h1.xor(scrambled1(bytes, at))
  h1.rotateLeft(27)
  h1.add(h2)
  h1.multiply(M)
  h1.add(N1)

  h2.xor(scrambled2(bytes, at + 8))
  h2.rotateLeft(31)
  h2.add(h1)
  h2.multiply(M)
  h2.add(N2)
}

/** The rest, filled up with zeros. */
function mixTail(h1: Uint64, h2: Uint64, rest: Buffer): void {
  if (rest.length === 0) return
  const block = Buffer.alloc(BLOCK_BYTES)
  block.set(rest)
  if (rest.length > 8) h2.xor(scrambled2(block, 8))
  h1.xor(scrambled1(block, 0))
}

function scrambled1(bytes: Buffer, at: number): Uint64 {
  const k = new Uint64(bytes.readInt32LE(at + 4), bytes.readInt32LE(at))
  k.multiply(C1)
  k.rotateLeft(31)
  k.multiply(C2)
  return k
}

function scrambled2(bytes: Buffer, at: number): Uint64 {
  const k = new Uint64(bytes.readInt32LE(at + 4), bytes.readInt32LE(at))
  k.multiply(C2)
  k.rotateLeft(33)
  k.multiply(C1)
  return k
}

function finish(h: Uint64): void {
  h.xorShift33()
  h.multiply(FINAL1)
  h.xorShift33()
  h.multiply(FINAL2)
  h.xorShift33()
}
