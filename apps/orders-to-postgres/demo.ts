import { fileURLToPath } from 'node:url'
import { usePostgres, whyNoPostgres } from '@millrace/tools/databases'
import {
  count,
  type PreparedTrial,
  runTrial,
  TrialFailure,
  type TrialSetting,
} from '@millrace/trial'
import { judgeTable, together } from './demo/judge-tables.ts'
import { randomCustomers, randomOrders } from './demo/random-orders.ts'
import { countRows, readHistory, readOrders } from './demo/read-tables.ts'
import { recount } from './demo/recount.ts'
import { internalReads } from './topology.ts'

async function prepare({ applicationId, records, random }: TrialSetting): Promise<PreparedTrial> {
  const people = randomCustomers(random)
  const changes = randomOrders(records, Date.now(), random)
  const expected = recount(people, changes)
  const whyNot = await whyNoPostgres()
  if (whyNot !== false) throw new TrialFailure('There is no PostgreSQL.', whyNot)
  const server = await usePostgres()
  const database = await server.createDatabase()
  const [orders, customers] = [`${applicationId}-orders`, `${applicationId}-customers`]
  return {
    topics: [orders, customers],
    environment: {
      ORDERS_TOPIC: orders,
      CUSTOMERS_TOPIC: customers,
      DATABASE_URL: database.jdbcUrl,
    },
    before: people.map(({ customerId, ...customer }) => {
      return { topic: customers, key: customerId, value: JSON.stringify(customer) }
    }),
    records: changes.map(({ orderId, ...order }) => {
      return { topic: orders, key: orderId, value: JSON.stringify(order) }
    }),
    groups: [
      { groupId: applicationId, topics: [orders, customers] },
      ...internalReads(applicationId),
    ],
    expectedEffects: changes.length,
    countEffects: () => countRows(database, 'order_history'),
    judge: async () => {
      const [rows, history] = [await readOrders(database), await readHistory(database)]
      return {
        ...together(
          judgeTable('orders', expected.orders, rows),
          judgeTable('order_history', expected.history, history),
        ),
        notes: [
          `${count(rows.length)} rows in orders, ${count(history.length)} in order_history, which has no primary key`,
        ],
      }
    },
    close: async () => {
      await database.drop()
      await server.stop()
    },
  }
}

await runTrial({
  name: 'orders-to-postgres',
  summary: `Writes orders with the names of their customers into PostgreSQL, kills the app while it
works, and compares both tables with a recount.`,
  program: fileURLToPath(new URL('main.ts', import.meta.url)),
  effects: 'rows',
  prepare,
})
