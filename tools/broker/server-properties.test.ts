import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printProperties, serverProperties } from './server-properties.ts'

const ports = { client: 1, internal: 2, controller: 3 }

test('properties of the caller go over those of the tool', () => {
  const own = { 'transaction.state.log.num.partitions': '50', 'super.users': 'User:ANONYMOUS' }
  const properties = serverProperties('data', ports, own)
  assert.equal(properties['transaction.state.log.num.partitions'], '50')
  assert.equal(properties['super.users'], 'User:ANONYMOUS')
  assert.equal(properties['offsets.topic.num.partitions'], '4')
})

test('clients are told of the client listener on its port, and never of the controller', () => {
  const properties = serverProperties('data', ports, {})
  assert.equal(properties['advertised.listeners'], 'CLIENT://127.0.0.1:1,INTERNAL://127.0.0.1:2')
})

test('a properties file has one property a line', () => {
  assert.equal(printProperties({ a: '1', 'b.c': 'x,y' }), 'a=1\nb.c=x,y\n')
})
