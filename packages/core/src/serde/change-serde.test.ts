import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Change } from '../record/change.ts'
import { changeSerde } from './change-serde.ts'
import { serdes } from './serdes.ts'

const serde = changeSerde(serdes.string)
const hex = (change: Change<string>): string =>
  Buffer.from(serde.serialize(change, 'topic')).toString('hex')
const fromHex = (bytes: string): Change<string> =>
  serde.deserialize(Buffer.from(bytes, 'hex'), 'topic')

/** Bytes written by ChangedSerializer of Kafka Streams 4.3.1, with strings. */
const JAVA: readonly (readonly [Change<string>, string])[] = [
  [new Change('new', 'old'), '066e65776f6c6402'],
  [new Change<string>('n', null), '6e01'],
  [new Change<string>(null, 'o'), '6f00'],
  [new Change('', 'x'), '007802'],
  [new Change('x'.repeat(64), 'y'), `8001${'78'.repeat(64)}7902`],
  [new Change('x'.repeat(100), ''), `c801${'78'.repeat(100)}02`],
  [new Change('x'.repeat(8192), 'z'), `808001${'78'.repeat(8192)}7a02`],
]

test('a change is written as Kafka Streams writes it', () => {
  for (const [change, bytes] of JAVA) assert.equal(hex(change), bytes)
})

test('a change that Kafka Streams wrote is read', () => {
  for (const [change, bytes] of JAVA) assert.deepEqual(fromHex(bytes), change)
})

test('the forms that tell whether a change is the latest are read', () => {
  assert.deepEqual(fromHex('6f0003'), new Change<string>(null, 'o', false))
  assert.deepEqual(fromHex('6e0104'), new Change<string>('n', null, true))
  assert.deepEqual(fromHex('066e65776f6c640005'), new Change('new', 'old', false))
})

test('a change without any value cannot be written', () => {
  assert.throws(() => serde.serialize(new Change<string>(null, null), 'topic'), RangeError)
})

test('bytes that are no change are refused', () => {
  for (const bytes of ['', '06', '6e09', 'ff6e02', '7e6e02', '6e0204']) {
    assert.throws(() => fromHex(bytes), RangeError, bytes)
  }
})
