import { type Serde, serdes, type Topology } from '@millrace/core'
import { memorySink, TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertsToWebhook } from './alerts-to-webhook.ts'
import { auditedOrders } from './audited-orders.ts'
import { averageRating } from './average-rating.ts'
import { customersPerRegion } from './customers-per-region.ts'
import { enrichOrders } from './enrich-orders.ts'
import { firstOfEachKey } from './first-of-each-key.ts'
import { orderStatus } from './order-status.ts'
import { ordersToOtherCluster } from './orders-to-other-cluster.ts'
import { ordersToRows } from './orders-to-rows.ts'
import { routeOrders } from './route-orders.ts'

const HOUR_MS = 3_600_000

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

test('an order goes to review when it is large, and else to the lines', () =>
  drive(routeOrders(), async (driver) => {
    const large = { customer: 'ann', cents: 100_000 }
    await driver.input('web-orders', keyed(serdes.json())).pipe('o-1', large)
    await driver
      .input('shop-orders', keyed(serdes.json()))
      .pipe('o-2', { customer: 'bob', cents: 99_999 })
    assert.deepEqual(driver.output('orders-to-review', keyed(serdes.json())).readAll(), [
      ['o-1', large],
    ])
    assert.deepEqual(driver.output('order-lines', keyed(serdes.string)).readAll(), [
      ['o-2', 'bob: 99999'],
    ])
  }))

test('orders of audited customers go to their auditors, and all are counted', () =>
  drive(auditedOrders(), async (driver) => {
    const text = keyed(serdes.string)
    await driver.input('orders', text).pipe('ann', 'lamp')
    await driver.input('assignments', text).pipe('ann', 'Zoe')
    await driver.input('orders', text).pipe('ann', 'book')
    assert.deepEqual(driver.output('audited-orders', text).readAll(), [['ann', 'book for Zoe']])
    assert.deepEqual(driver.output('order-counts', keyed(serdes.long)).readValues(), [1, 2])
  }))

test('the status of an order follows the order, its shipment and its customer, and ends', () =>
  drive(orderStatus(), async (driver) => {
    const orders = driver.input('orders', keyed(serdes.json()))
    const customers = driver.input('customers', keyed(serdes.string))
    await orders.pipe('o-1', { customer: 'c-1', item: 'lamp' }, { timestampMs: 1 })
    await customers.pipe('c-1', 'Ann', { timestampMs: 2 })
    await driver
      .input('shipments', keyed(serdes.json()))
      .pipe('o-1', { carrier: 'by sea' }, { timestampMs: 3 })
    await customers.pipe('c-1', 'Anna', { timestampMs: 4 })
    await customers.pipe('c-2', 'Bob', { timestampMs: 5 })
    await orders.pipe('o-2', { customer: 'c-2', item: 'book' }, { timestampMs: 91 * 24 * HOUR_MS })

    assert.deepEqual(driver.output('order-status', keyed(serdes.string)).readAll(), [
      ['o-1', 'lamp for Ann, not sent'],
      ['o-1', 'lamp for Ann, by sea'],
      ['o-1', 'lamp for Anna, by sea'],
      ['o-1', null],
      ['o-2', 'book for Bob, not sent'],
    ])
  }))

test('a customer who moves counts in the new region only, and one who is deleted in none', () =>
  drive(customersPerRegion(), async (driver) => {
    await driver.input('customers', keyed(serdes.json())).pipeAll([
      ['ann', { region: 'north' }],
      ['bob', { region: 'north' }],
      ['ann', { region: 'south' }],
      ['bob', null],
    ])
    const counts = driver.output('customers-per-region', keyed(serdes.long)).readKeyValuesToMap()
    assert.deepEqual(Object.fromEntries(counts), { north: 0, south: 1 })
  }))

test('the average of a film follows its ratings', () =>
  drive(averageRating(), async (driver) => {
    await driver.input('ratings', keyed(serdes.integer)).pipeAll([
      ['Alien', 5],
      ['Alien', 4],
      ['Brazil', 3],
    ])
    assert.deepEqual(driver.output('average-ratings', keyed(serdes.double)).readAll(), [
      ['Alien', 5],
      ['Alien', 4.5],
      ['Brazil', 3],
    ])
  }))

test('a payment comes through once, until its key is forgotten', () =>
  drive(firstOfEachKey(), async (driver) => {
    const payments = driver.input('payments', keyed(serdes.string))
    await payments.pipe('p-1', 'first', { timestampMs: 0 })
    await payments.pipe('p-1', 'again', { timestampMs: 1000 })
    await payments.pipe('p-2', 'other', { timestampMs: HOUR_MS })
    await payments.pipe('p-1', 'an hour later', { timestampMs: HOUR_MS + 1 })
    assert.deepEqual(driver.output('payments-once', keyed(serdes.string)).readValues(), [
      'first',
      'other',
      'an hour later',
    ])
  }))

test('an order has the name of its customer, and the price of its time', () =>
  drive(enrichOrders(), async (driver) => {
    const prices = driver.input('prices', keyed(serdes.json()))
    const orders = driver.input('orders', keyed(serdes.json()))
    await driver.input('customers', keyed(serdes.string)).pipe('c-1', 'Ann')
    await prices.pipe('tea', { cents: 300 }, { timestampMs: 0 })
    await orders.pipe('c-1', { product: 'tea', pieces: 2 }, { timestampMs: 10_000 })
    await prices.pipe('tea', { cents: 250 }, { timestampMs: 5000 }) // late
    await orders.pipe('c-2', { product: 'tea', pieces: 1 }, { timestampMs: 70_000 })

    assert.deepEqual(driver.output('priced-orders', keyed(serdes.json())).readAll(), [
      ['c-1', { name: 'Ann', cents: 500 }],
    ])
  }))

test('large orders leave Kafka as they are, and what customers spend through a topic', () =>
  drive(ordersToRows(memorySink(), memorySink()), async (driver) => {
    const orders = driver.input('orders', keyed(serdes.json()))
    const small = { customer: 'ann', cents: 500 }
    const large = { customer: 'ann', cents: 100_000 }
    await orders.pipe('o-1', small)
    await orders.pipe('o-2', large)

    const [row, ...others] = driver.readSink('large-orders')
    assert.deepEqual([row?.key, row?.value, others], ['o-2', large, []])
    assert.deepEqual([row?.topic, row?.partition, row?.offset], ['orders', 0, 1])
    const spent = driver.readSink<string, number>('spent')
    assert.deepEqual(
      spent.map(({ topic, key, value }) => [topic, key, value]),
      [
        ['test-spent-sink', 'ann', 500],
        ['test-spent-sink', 'ann', 100_500],
      ],
    )
  }))

test('alerts that are worth a page go to the webhook', () =>
  drive(alertsToWebhook('https://example.com/hook', 'token'), async (driver) => {
    const alerts = driver.input('alerts', keyed(serdes.json()))
    await alerts.pipe('db-1', { host: 'db-1', severity: 'ticket' })
    await alerts.pipe('db-2', { host: 'db-2', severity: 'page' })

    assert.deepEqual(
      driver.readSink('webhook').map(({ key, value, offset }) => [key, value, offset]),
      [['db-2', { host: 'db-2', severity: 'page' }, 1]],
    )
  }))

test('large orders are copied to the other cluster', () =>
  drive(ordersToOtherCluster('there:9092'), async (driver) => {
    const orders = driver.input('orders', keyed(serdes.json()))
    await orders.pipe('o-1', { customer: 'ann', cents: 99_999 })
    await orders.pipe('o-2', { customer: 'bob', cents: 100_000 })

    assert.deepEqual(
      driver.readSink('large-orders').map(({ key, value, offset }) => [key, value, offset]),
      [['o-2', { customer: 'bob', cents: 100_000 }, 1]],
    )
  }))
