import { type DroppedRecord, serdes } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ordersPerHour } from './orders-per-hour.ts'

const MINUTE_MS = 60_000

test('an hour is told once it is over, also when no more orders come; what comes later goes to a topic', async () => {
  const driver = await TopologyTestDriver.create(ordersPerHour())
  const order = { key: serdes.string, value: serdes.json<object>() }
  const orders = driver.input('orders', order)
  const hours = driver.output('orders-per-hour', order)
  await orders.pipe('shop', { id: 'o-1', cents: 300 }, { timestampMs: 10 * MINUTE_MS })
  await orders.pipe('shop', { id: 'o-2', cents: 100 }, { timestampMs: 20 * MINUTE_MS })
  await driver.advanceWallClock('54 minutes')
  assert.deepEqual(hours.readAll(), [])
  await driver.advanceWallClock('1 minute')
  assert.deepEqual(hours.readAll(), [
    [
      'shop 1970-01-01T00:00:00.000Z',
      { orders: 2, cents: 400, average: 200, largest: 300, last: { id: 'o-2', cents: 100 } },
    ],
  ])

  await orders.pipe('shop', { id: 'o-3', cents: 500 }, { timestampMs: 59 * MINUTE_MS })
  const late = driver.output('late-orders', {
    key: serdes.string,
    value: serdes.json<DroppedRecord<unknown>>(),
  })
  const { value } = late.readRecord()
  assert.deepEqual(
    [value?.reason, value?.window, value?.value],
    ['late', { startMs: 0, endMs: 60 * MINUTE_MS }, { id: 'o-3', cents: 500 }],
  )
  await driver.close()
})
