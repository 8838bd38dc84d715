import { type Serde, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aggregations, tables } from './aggregations.ts'
import { finalWhileIdle, severalAggregates } from './extras.ts'
import {
  globalTable,
  streamStream,
  streamTable,
  tableTable,
  topicStores,
  versions,
} from './joins.ts'
import {
  type Customer,
  customersOf,
  type Order,
  orderSerde,
  ordersOf,
  paymentSerde,
} from './model.ts'
import { processors } from './processors.ts'
import { defaultSerdes, sourcesAndSinks } from './sources-and-sinks.ts'
import { stateless } from './stateless.ts'
import { byHand, mixed, optimized } from './topologies.ts'
import { cogroups, suppressed, windows } from './windows.ts'

const HOUR_MS = 3_600_000

const ORDER: Order = { customer: 'ann', country: 'fr', shop: 3, cents: 20_000, tags: ['a', 'b'] }

const keyed = <V>(value: Serde<V>): { key: Serde<string>; value: Serde<V> } => ({
  key: serdes.string,
  value,
})

function joins(): Topology {
  const builder = new StreamsBuilder()
  const orders = ordersOf(builder)
  const customers = customersOf(builder)
  streamStream(orders, builder.stream('payments', keyed(paymentSerde))).to('paid')
  streamTable(builder, orders).to('missing')
  globalTable(builder, orders).to('named')
  const table = builder.table('order-table', keyed(orderSerde))
  tableTable(table, builder.table('shipments', keyed(serdes.string)), customers)
    .toStream()
    .to('sent')
  versions(builder)
  topicStores(builder)
  return builder.build()
}

const quiet = (): void => undefined

const all: Readonly<Record<string, () => Topology>> = {
  sourcesAndSinks,
  defaultSerdes,
  stateless: () => stateless(quiet),
  processors,
  aggregations,
  tables,
  windows,
  suppressed,
  cogroups,
  joins,
  byHand,
  mixed,
  finalWhileIdle,
  severalAggregates,
}

describe('what stands beside Java in the documents', () => {
  for (const [name, build] of Object.entries(all)) {
    test(`${name} is a topology`, () => {
      assert.match(build().describe(), /^Topologies:/)
    })
  }
})

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

test('operators without state say what they are given', async () => {
  const lines: string[] = []
  await drive(
    stateless((line) => lines.push(line)),
    async (driver) => {
      await driver.input('orders', keyed(orderSerde)).pipe('o-1', ORDER)
      const texts = keyed(serdes.string)
      assert.deepEqual(driver.output('orders-by-tag', texts).readAll(), [
        ['a', 'o-1'],
        ['b', 'o-1'],
      ])
      assert.deepEqual(driver.output('tags-of-orders', texts).readValues(), ['a', 'b'])
      assert.deepEqual(driver.output('cents-by-customer', keyed(serdes.long)).readAll(), [
        ['ann', 20_000],
      ])
      assert.deepEqual(driver.output('large-orders', keyed(orderSerde)).readValues(), [ORDER])
      assert.deepEqual(driver.output('latest-orders', keyed(orderSerde)).readAll(), [
        ['o-1', ORDER],
      ])
    },
  )
  assert.deepEqual(lines, ['o-1', 'o-1 20000', `[orders]: o-1, ${JSON.stringify(ORDER)}\n`])
})

test('a processor sends its totals by stream time', () =>
  drive(processors(), async (driver) => {
    const orders = driver.input('orders', keyed(orderSerde))
    await orders.pipe('o-1', ORDER, { timestampMs: 0 })
    await orders.pipe('o-2', ORDER, { timestampMs: 60_000 })
    assert.deepEqual(driver.output('totals', keyed(serdes.long)).readAll(), [
      ['ann', 20_000],
      ['ann', 40_000],
    ])
    assert.deepEqual(driver.output('how-late', keyed(serdes.long)).readValues(), [0, 0])
  }))

test('rows leave one group and join another', () =>
  drive(tables(), async (driver) => {
    const customers = driver.input('customers', keyed(serdes.json<Customer>()))
    await customers.pipe('c-1', { name: 'Ann', country: 'fr', credit: 10 })
    await customers.pipe('c-1', null)
    assert.deepEqual(driver.output('names', keyed(serdes.string)).readAll(), [
      ['c-1', 'Ann'],
      ['c-1', 'gone'],
    ])
  }))

test('a window is sent to a topic when it has closed, under its key', () =>
  drive(windows(), async (driver) => {
    const orders = driver.input('orders', keyed(orderSerde))
    await orders.pipe('o-1', ORDER, { timestampMs: 0 })
    await orders.pipe('o-2', ORDER, { timestampMs: 1.5 * HOUR_MS })
    assert.deepEqual(driver.output('lines', keyed(serdes.string)).readAll(), [['o-1', '0: 1']])
  }))

test('joins by every kind of other side', () =>
  drive(joins(), async (driver) => {
    const texts = keyed(serdes.string)
    await driver.input('names', texts).pipe('ann', 'Ann')
    await driver
      .input('customers', keyed(serdes.json<Customer>()))
      .pipe('ann', { name: 'Ann', country: 'fr', credit: 0 })
    await driver.input('order-table', keyed(orderSerde)).pipe('o-1', ORDER)
    await driver.input('shipments', texts).pipe('o-1', 'by sea')
    await driver.input('orders', keyed(orderSerde)).pipe('o-1', ORDER, { timestampMs: 0 })
    await driver
      .input('payments', keyed(paymentSerde))
      .pipe('o-1', { cents: 5 }, { timestampMs: 1 })
    assert.deepEqual(driver.output('named', texts).readValues(), ['Ann: 20000'])
    assert.deepEqual(driver.output('sent', texts).readValues(), ['Ann: not sent', 'Ann: by sea'])
    assert.deepEqual(driver.output('paid', texts).readValues(), ['20000 5'])
  }))

for (const [name, build] of Object.entries({ byHand, mixed })) {
  test(`a topology ${name} lets the first visit through`, () =>
    drive(build(), async (driver) => {
      const texts = keyed(serdes.string)
      await driver.input('visits', texts).pipe('ann', '/')
      await driver.input('visits', texts).pipe('ann', '/again')
      assert.deepEqual(driver.output('first-visits', texts).readAll(), [['ann', '/']])
    }))
}

test('what is built with all options describes itself, and every operator was wrapped', () => {
  const builder = new StreamsBuilder()
  customersOf(builder).toStream({ name: 'changes' }).to('changes')
  const wrapped: string[] = []
  const description = optimized(builder, (operator, supplier) => {
    wrapped.push(operator)
    return supplier
  })
  assert.match(description, /changes/)
  assert.ok(wrapped.includes('changes'))
})
