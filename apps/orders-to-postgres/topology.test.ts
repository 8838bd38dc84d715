import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import type { Customer, Order, OrderRow } from './order.ts'
import { orderTables } from './tables.ts'
import { internalReads, ordersTopology } from './topology.ts'

const TOPICS = { orders: 'orders', customers: 'customers' }
const ANN = { name: 'Ann', country: 'AT' }

function order(customerId: string, status: Order['status'], revision: number): Order {
  return { customerId, revision, status, amount: '12.50', placedAt: '2026-01-01T00:00:00.000Z' }
}

interface Seen {
  readonly orders: readonly unknown[]
  readonly history: readonly unknown[]
}

/** What goes to the sinks. The driver does not call them: it shows the topics in front. */
async function rowsOf(changes: readonly (readonly [string, Order])[]): Promise<Seen> {
  const tables = orderTables('jdbc:postgresql://127.0.0.1:1/nobody')
  const topology = ordersTopology(TOPICS, tables)
  const driver = await TopologyTestDriver.create(topology, { applicationId: 'app' })
  const customers = driver.input('customers', {
    key: serdes.string,
    value: serdes.json<Customer>(),
  })
  await customers.pipeAll([
    ['c1', { name: 'Ann', country: 'FR' }],
    ['c1', ANN],
  ])
  const orders = driver.input('orders', { key: serdes.string, value: serdes.json<Order>() })
  await orders.pipeAll(changes)
  const row = { key: serdes.string, value: serdes.nullable(serdes.json<OrderRow>()) }
  const seen = {
    orders: driver.output('app-orders-sink', row).readAll(),
    history: driver.output('app-history-sink', row).readAll(),
  }
  await driver.close()
  return seen
}

const row = (status: Order['status'], revision: number): OrderRow => ({
  ...order('c1', status, revision),
  orderId: 'o1',
  customer: 'Ann',
  country: 'AT',
})

test('an order is written with what is known of its customer now', async () => {
  const { orders, history } = await rowsOf([['o1', order('c1', 'placed', 1)]])
  assert.deepEqual(orders, [['o1', row('placed', 1)]])
  assert.deepEqual(history, [['o1', row('placed', 1)]])
})

test('a cancelled order goes out of the orders, and its history stays', async () => {
  const { orders, history } = await rowsOf([
    ['o1', order('c1', 'placed', 1)],
    ['o1', order('c1', 'cancelled', 2)],
  ])
  assert.deepEqual(orders, [
    ['o1', row('placed', 1)],
    ['o1', null],
  ])
  assert.deepEqual(history, [
    ['o1', row('placed', 1)],
    ['o1', row('cancelled', 2)],
  ])
})

test('an order of a customer that nobody knows is not written', async () => {
  assert.deepEqual(await rowsOf([['o1', order('c9', 'placed', 1)]]), { orders: [], history: [] })
})

test('the reads of the app are those of its topology', () => {
  const topology = ordersTopology(TOPICS, orderTables('jdbc:postgresql://127.0.0.1:1/nobody'))
  const read = internalReads('app').flatMap(({ topics }) => topics)
  assert.deepEqual(
    [...read].sort(),
    [...topology.repartitionTopics.keys()].map((topic) => `app-${topic}`).sort(),
  )
})
