import { serdes } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visits } from './visits.ts'

const MINUTE_MS = 60_000
const text = { key: serdes.string, value: serdes.string }

test('a visit is sent once, when it is over, with the pages and the orders in it', async () => {
  const driver = await TopologyTestDriver.create(visits())
  const views = driver.input('views', text)
  const orders = driver.input('orders', { key: serdes.string, value: serdes.long })
  await views.pipe('ann', '/', { timestampMs: 0 })
  await orders.pipe('ann', 250, { timestampMs: 20 * MINUTE_MS })
  await views.pipe('ann', '/thanks', { timestampMs: 45 * MINUTE_MS })
  await views.pipe('bob', '/', { timestampMs: 120 * MINUTE_MS })

  assert.deepEqual(driver.output('visits-made', text).readAll(), [['ann', '2 pages, 250 cents']])
  await driver.close()
})
