import { serdes } from '@millrace/core'
import { avroSerde, jsonSerde, SchemaRegistry } from '@millrace/schema-registry'
import { MockSchemaRegistry } from '@millrace/schema-registry/testing'
import { TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pricedOrders } from './priced-orders.ts'

test('an order becomes a receipt, and both have their schemas in the registry', async () => {
  const mock = new MockSchemaRegistry()
  const registry = new SchemaRegistry(mock)
  const driver = await TopologyTestDriver.create(pricedOrders(registry))

  const schema = {
    type: 'record',
    name: 'Order',
    namespace: 'shop',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'placedAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 } },
    ],
  }
  const orders = driver.input('orders', {
    key: serdes.string,
    value: avroSerde<object>(new SchemaRegistry(mock), { schema }), // of another process
  })
  const placedAt = new Date('2026-11-29T12:00:00Z')
  await orders.pipe('o-1', { id: 'o-1', placedAt, price: '12.50' })

  const receipts = driver.output('receipts', { key: serdes.string, value: jsonSerde(registry) })
  assert.deepEqual(receipts.readAll(), [
    ['o-1', { order: 'o-1', day: '2026-11-29', total: '12.50' }],
  ])
  assert.equal((await mock.schemaOf('receipts-value', 'latest'))?.type, 'JSON')
  await driver.close()
})
