import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from './serdes.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fromHex = (text: string): Uint8Array => Buffer.from(text, 'hex')

test('the key of a time window is the key and its start; the size says where it ends', () => {
  const serde = serdes.timeWindowed(serdes.string, '5 minutes')
  const windowed = {
    key: 'k',
    window: { startMs: 1_700_000_000_000, endMs: 1_700_000_300_000 },
  }
  assert.equal(hex(serde.serialize(windowed, 't')), '6b0000018bcfe56800')
  assert.deepEqual(serde.deserialize(fromHex('6b0000018bcfe56800'), 't'), windowed)
})

test('the key of a session is the key, its end and its start', () => {
  const serde = serdes.sessionWindowed(serdes.string)
  const windowed = { key: 'k', window: { startMs: 1, endMs: 258 } }
  assert.equal(hex(serde.serialize(windowed, 't')), '6b00000000000001020000000000000001')
  assert.deepEqual(serde.deserialize(fromHex('6b00000000000001020000000000000001'), 't'), windowed)
})

test('an empty key is a key, and less than the times is none', () => {
  const serde = serdes.sessionWindowed(serdes.string)
  const windowed = { key: '', window: { startMs: 0, endMs: 0 } }
  assert.deepEqual(serde.deserialize(new Uint8Array(16), 't'), windowed)
  assert.throws(() => serde.deserialize(new Uint8Array(15), 't'), RangeError)
  assert.throws(() => serdes.timeWindowed(serdes.string, 1).deserialize(fromHex('00'), 't'))
})
