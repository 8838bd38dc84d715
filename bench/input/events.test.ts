import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { events } from './events.ts'

test('the first events are those of the peers', () => {
  assert.deepEqual(
    [...events(2)],
    [
      {
        key: 'user-1130',
        value:
          '{"user":"user-1130","amount":927.63,"page":"/shop/products/item-41248","ts":1700000000000}',
        timestampMs: 1_700_000_000_000,
      },
      {
        key: 'user-8884',
        value:
          '{"user":"user-8884","amount":699.70,"page":"/shop/products/item-77525","ts":1700000000001}',
        timestampMs: 1_700_000_000_001,
      },
    ],
  )
})

test('an amount has two decimals', () => {
  for (const { value } of events(2000)) assert.match(value, /"amount":\d{1,3}\.\d\d,/)
})

test('the first 5000 events are those of the peers, byte by byte', () => {
  const hash = createHash('sha256')
  for (const { key, value, timestampMs } of events(5000)) {
    hash.update(`${key} ${value} ${timestampMs}\n`)
  }
  // Of the records that the Java generator had written, in the order of their timestamps.
  assert.equal(
    hash.digest('hex'),
    'f9b1a44126ae73ac64b6e04ad4fcae21493d8dcf7c8edbbc82dba92c9b65df45',
  )
})
