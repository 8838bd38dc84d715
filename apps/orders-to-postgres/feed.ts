import { feedTopics } from '@millrace/trial'
import { randomCustomers, randomOrders } from './demo/random-orders.ts'

/** Creates the topics of `main.ts` where they are missing, and sends them customers and orders. */
const { env } = process
const topics = {
  customers: env['CUSTOMERS_TOPIC'] || 'customers',
  orders: env['ORDERS_TOPIC'] || 'orders',
}
const customers = randomCustomers(Math.random).map(({ customerId, ...customer }) => {
  return { topic: topics.customers, key: customerId, value: JSON.stringify(customer) }
})
const count = Number(process.argv[2] ?? 2000)
const orders = randomOrders(count, Date.now(), Math.random).map(({ orderId, ...order }) => {
  return { topic: topics.orders, key: orderId, value: JSON.stringify(order) }
})
await feedTopics(Object.values(topics), [...customers, ...orders])
