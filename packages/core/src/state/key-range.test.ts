import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytes } from '../base/bytes.ts'
import { boundBehind } from './key-range.ts'
import { windowKey, suffixBehind } from './window-key.ts'

const BYTES = [0x00, 0x01, 0x05, 0x1f, 0x20, 0xff]

function keysUpTo(length: number): readonly Uint8Array[] {
  let keys: readonly number[][] = [[]]
  const all: number[][] = [[]]
  for (let i = 0; i < length; i++) {
    keys = keys.flatMap((key) => BYTES.map((byte) => [...key, byte]))
    all.push(...keys)
  }
  return all.map((key) => Uint8Array.from(key))
}

test('the bound is behind every window of the keys until the last one', () => {
  const keys = keysUpTo(3)
  const highestMs = 0x1f_ffff_ffff_fffe
  const times = [0, 5, 0x5_0000_0000, highestMs]
  for (const to of keys) {
    const bound = boundBehind(to, suffixBehind(highestMs))
    for (const key of keys) {
      if (compareBytes(key, to) > 0) continue
      for (const startMs of times) {
        assert.ok(compareBytes(windowKey(key, startMs, 0x7fff_ffff), bound) < 0)
      }
    }
  }
})

test('the bound of a key without zero bytes is right behind its windows', () => {
  const bound = boundBehind(Buffer.from('abc'), suffixBehind(255))
  assert.equal(
    Buffer.from(bound).toString('hex'),
    '616263' + '0000000000000100' + '00000000' + '00',
  )
})
