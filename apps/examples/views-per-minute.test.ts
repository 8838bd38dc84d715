import { serdes } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { viewsPerMinute } from './views-per-minute.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** Years behind the clock: what is kept is decided by the records' time. */
const START_MS = Date.UTC(2020, 0, 1)

test('views of ten minutes are summed, and those of a dropped minute are late', async () => {
  const driver = await TopologyTestDriver.create(viewsPerMinute())
  const input = driver.input('page-views', { key: serdes.string, value: serdes.string })
  const output = driver.output('views-of-ten-minutes', {
    key: serdes.string,
    value: serdes.long,
  })
  for (const [page, atMs] of [
    ['home', 0],
    ['home', 30_000],
    ['help', 5 * MINUTE_MS],
    ['home', 9 * MINUTE_MS],
    ['home', 10 * MINUTE_MS],
    ['home', 2 * DAY_MS],
    ['home', 1],
    ['home', DAY_MS + 10 * MINUTE_MS],
  ] as const) {
    await input.pipe(page, 'a visitor', { timestampMs: START_MS + atMs })
  }
  assert.deepEqual(output.readAll(), [
    ['home', 1],
    ['home', 2],
    ['help', 1],
    ['home', 3],
    ['home', 2],
    ['home', 1],
    ['home', 1],
  ])
  assert.equal(driver.metrics.dropped.late, 1)
  await driver.close()
})
