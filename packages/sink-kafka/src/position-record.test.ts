import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodePosition, encodePosition, positionKey } from './position-record.ts'

test('a position is JSON that says its version', () => {
  assert.equal(encodePosition(17, 'a-1').toString(), '{"version":1,"nextOffset":17,"owner":"a-1"}')
  assert.equal(decodePosition(encodePosition(17, 'a-1'), 'k'), 17)
})

test('keys of other sinks, topics and partitions differ, whatever their names are', () => {
  const keys = [
    positionKey('a', { topic: 'b","c', partition: 1 }),
    positionKey('a","b', { topic: 'c', partition: 1 }),
    positionKey('a', { topic: 'b', partition: 11 }),
    positionKey('a', { topic: 'b', partition: 1 }),
  ]
  assert.equal(new Set(keys).size, keys.length)
})

test('what is no position is not taken for one', () => {
  for (const text of [
    '',
    '{}',
    'null',
    '{"version":2,"nextOffset":1}',
    '{"version":1,"nextOffset":1.5}',
  ]) {
    assert.throws(
      () => decodePosition(Buffer.from(text), 'the-key'),
      (error: unknown) =>
        MillraceError.is(error, 'MR_SINK_FAILED') && error.at['key'] === 'the-key',
      text,
    )
  }
})
