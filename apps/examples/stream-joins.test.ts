import { type Serde, serdes, type Topology } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { movingAverage } from './moving-average.ts'
import { ordersWithPayments } from './orders-with-payments.ts'
import { paymentsOnce } from './payments-once.ts'
import { tradesWithQuotes } from './trades-with-quotes.ts'

const MINUTE_MS = 60_000

/** Runs `body` with a driver for `topology`, and closes it. */
async function drive(
  topology: Topology,
  body: (driver: TopologyTestDriver) => Promise<void>,
): Promise<void> {
  const driver = await TopologyTestDriver.create(topology)
  try {
    await body(driver)
  } finally {
    await driver.close()
  }
}

const keyed = <V>(value: Serde<V>): { key: Serde<string>; value: Serde<V> } => ({
  key: serdes.string,
  value,
})

test('an order is paid within an hour, or said not to be when that and the grace are over', () =>
  drive(ordersWithPayments(), async (driver) => {
    const orders = driver.input('orders', keyed(serdes.json()))
    const payments = driver.input('payments', keyed(serdes.json()))
    await orders.pipe('o-1', { cents: 100 }, { timestampMs: 0 })
    await orders.pipe('o-2', { cents: 200 }, { timestampMs: 0 })
    await payments.pipe('o-1', { cents: 100 }, { timestampMs: 30 * MINUTE_MS })
    await orders.pipe('o-3', { cents: 300 }, { timestampMs: 71 * MINUTE_MS })
    assert.deepEqual(driver.output('order-states', keyed(serdes.string)).readAll(), [
      ['o-1', 'paid 100 of 100'],
      ['o-2', 'not paid'],
    ])
  }))

test('a trade has the quote of its moment, also when that comes later', () =>
  drive(tradesWithQuotes(), async (driver) => {
    const trades = driver.input('trades', keyed(serdes.double))
    const quotes = driver.input('quotes', keyed(serdes.double))
    await quotes.pipe('ACME', 10, { timestampMs: 1000 })
    await trades.pipe('ACME', 12, { timestampMs: 4000 })
    await quotes.pipe('ACME', 13, { timestampMs: 5000 })
    await quotes.pipe('ACME', 11, { timestampMs: 3000 })
    await trades.pipe('OTHER', 1, { timestampMs: 9001 })
    await quotes.pipe('ACME', 14, { timestampMs: 60_000 })
    const slippage = driver.output('slippage', keyed(serdes.nullable(serdes.double)))
    assert.deepEqual(slippage.readAll(), [
      ['ACME', 1],
      ['OTHER', null],
    ])
  }))

test('a payment that is sent again counts once, and one that comes too late is set aside', () =>
  drive(paymentsOnce(), async (driver) => {
    const payments = driver.input('payments', keyed(serdes.json()))
    await payments.pipe('ann', { id: 'p-1', cents: 5 }, { timestampMs: 60 * MINUTE_MS })
    await payments.pipe('ann', { id: 'p-1', cents: 5 }, { timestampMs: 60 * MINUTE_MS })
    await payments.pipe('bob', { id: 'p-1', cents: 7 }, { timestampMs: 61 * MINUTE_MS })
    await payments.pipe('ann', { id: 'p-2', cents: 9 }, { timestampMs: 50 * MINUTE_MS })
    assert.deepEqual(driver.output('payments-once', keyed(serdes.json())).readAll(), [
      ['ann', { id: 'p-1', cents: 5 }],
      ['bob', { id: 'p-1', cents: 7 }],
    ])
    const unsure = driver.output(
      'unsure-payments',
      keyed(serdes.json<{ reason: string; value: { id: string } }>()),
    )
    assert.deepEqual(
      unsure.readAll().map(([key, record]) => [key, record?.reason, record?.value.id]),
      [['ann', 'late', 'p-2']],
    )
  }))

test('the average is that of the last three measurements, once there are three', () =>
  drive(movingAverage(), async (driver) => {
    const measurements = driver.input('measurements', keyed(serdes.double))
    for (const value of [1, 2, 3, 7]) await measurements.pipe('s-1', value)
    assert.deepEqual(driver.output('averages', keyed(serdes.double)).readAll(), [
      ['s-1', 2],
      ['s-1', 4],
    ])
  }))
