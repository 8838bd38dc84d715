import { serdes } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buysPerUser } from './buys-per-user.ts'

test('buys are counted by user, views are not', async () => {
  const driver = await TopologyTestDriver.create(buysPerUser())
  const clicks = driver.input('clicks', { key: serdes.string, value: serdes.json() })
  const buys = driver.output('buys-per-user', { key: serdes.string, value: serdes.long })

  await clicks.pipe('page-1', { user: 'ann', kind: 'buy' })
  await clicks.pipe('page-2', { user: 'bob', kind: 'view' })
  await clicks.pipe('page-3', { user: 'ann', kind: 'buy' })

  assert.deepEqual(buys.readAll(), [
    ['ann', 1],
    ['ann', 2],
  ])
  await driver.close()
})
