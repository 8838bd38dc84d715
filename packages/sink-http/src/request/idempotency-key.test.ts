import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchKey, checkedKey, keyHeader, recordKey } from './idempotency-key.ts'

const place = { topic: 'orders', partition: 3, offset: 12, index: 0 }

test('the key of a record is where it came from', () => {
  assert.equal(recordKey('app-http', place), 'app-http/orders/3/12')
  assert.equal(recordKey('app-http', { ...place, index: 2 }), 'app-http/orders/3/12/2')
})

test('the key of a batch covers its offsets', () => {
  const batch = { ...place, firstOffset: 100, lastOffset: 199 }
  assert.equal(batchKey('app-http', batch), 'app-http/orders/3/100-199')
})

test('an application id of any characters gives a key that a header can carry', () => {
  assert.equal(recordKey('café\n-http', place), 'caf%C3%A9%0A-http/orders/3/12')
  assert.equal(recordKey('\ud83d\ude00', place), '%F0%9F%98%80/orders/3/12')
})

test('a key is a string of structured fields, or bare', () => {
  assert.equal(keyHeader('a"b\\c', true), '"a\\"b\\\\c"')
  assert.equal(keyHeader('a"b', false), 'a"b')
})

test('a key that no header can carry, or that receivers cut, is refused', () => {
  for (const key of ['', 'a\nb', 'é']) assert.throws(() => keyHeader(key, true), /printable ASCII/)
  assert.throws(() => checkedKey('k'.repeat(256)), /more than 255/)
  assert.equal(checkedKey('k'.repeat(255)).length, 255)
})
