import { serdes, type Sink, silentLogger, type SinkRecord } from '@millrace/core'
import { systemClock } from '@millrace/core/internal'
import { TopologyTestDriver } from '@millrace/testing'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { type Order, ordersTable, ordersToSql } from './orders-to-sql.ts'

const TEA: Order = {
  customer: 'ann',
  total: '19.90',
  placedAt: '2026-11-29T10:00:00Z',
  lines: [{ item: 'tea', count: 2 }],
}

/** What the topology gives to its sink. */
async function given(
  table: Sink<string, Order>,
  orders: readonly (readonly [string, Order | null])[],
): Promise<readonly SinkRecord<string, Order>[]> {
  const driver = await TopologyTestDriver.create(ordersToSql(table))
  try {
    const input = driver.input('orders', { key: serdes.string, value: serdes.json<Order>() })
    for (const [key, order] of orders) await input.pipe(key, order)
    return driver.readSink<string, Order>('orders-table')
  } finally {
    await driver.close()
  }
}

/** Writes the records as the runtime does; gives offsets of rejected ones. */
async function write(
  table: Sink<string, Order>,
  records: readonly SinkRecord<string, Order>[],
): Promise<readonly number[]> {
  const { signal } = new AbortController()
  const rejected: number[] = []
  await table.open({
    ...{ sinkId: 'shop-orders-table', owner: 'test', logger: silentLogger },
    ...{ scheduler: systemClock, random: Math.random },
  })
  const at = { topic: 'orders', partition: 0 }
  const writer = await table.claim({ ...at, initialOffset: 0, signal })
  const to = records.length
  await writer.write(
    { ...at, from: 0, to, firstOffset: 0, lastOffset: to - 1, records },
    {
      signal,
      reject({ offset }) {
        rejected.push(offset)
        return Promise.resolve()
      },
    },
  )
  await table.close()
  return rejected
}

test('a table of orders follows their topic, and what does not fit is a dead letter', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-example-'))
  t.after(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const path = join(folder, 'shop.db')
  const table = ordersTable(`jdbc:sqlite:${path}`)
  const records = await given(table, [
    ['o-1', TEA],
    ['o-2', { ...TEA, customer: 'bob' }],
    ['o-3', { ...TEA, total: 'much' }],
    ['o-1', { ...TEA, total: '29.85' }],
    ['o-2', null],
  ])

  assert.deepEqual(await write(table, records), [2])

  const database = new DatabaseSync(path)
  const rows = database.prepare('SELECT * FROM orders').all()
  database.close()
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      {
        id: 'o-1',
        customer: 'ann',
        total: '29.85',
        placed_at: '2026-11-29T10:00:00.000000Z',
        lines: '[{"item":"tea","count":2}]',
      },
    ],
  )
})
