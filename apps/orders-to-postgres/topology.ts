import { serdes, type Sink, StreamsBuilder, type Topology } from '@millrace/core'
import type { Customer, KeyedOrder, Order, OrderRow } from './order.ts'

export interface OrderTopics {
  readonly orders: string
  readonly customers: string
}

export interface OrderTables {
  /** Orders as they are now; null takes one out. */
  readonly orders: Sink<string, OrderRow | null>
  /** Each change that an order has seen. */
  readonly history: Sink<string, OrderRow>
}

const { nullable, string } = serdes
const json = serdes.json<OrderRow>()

/** Orders with the names of their customers, as they are now, and each of their changes. */
export function ordersTopology(topics: OrderTopics, tables: OrderTables): Topology {
  const builder = new StreamsBuilder()
  const customers = builder.table(topics.customers, {
    key: string,
    value: serdes.json<Customer>(),
    store: 'customers',
  })
  const rows = builder
    .stream(topics.orders, { key: string, value: serdes.json<Order>() })
    // A join needs the key of the table: orders go to where their customer is.
    .map((orderId, order) => [order.customerId, { ...order, orderId }], {
      key: string,
      value: serdes.json<KeyedOrder>(),
    })
    .join(customers, (order, { name, country }) => ({ ...order, customer: name, country }), {
      name: 'by-customer',
      value: json,
    })
    .selectKey((_, { orderId }) => orderId, { key: string })
  rows.toSink(tables.history, { name: 'history' })
  rows
    .mapValues((row) => (row.status === 'cancelled' ? null : row), { value: nullable(json) })
    .toSink(tables.orders, { name: 'orders' })
  return builder.build()
}

/** What the runtime reads besides the two topics: each group with its topics. */
export function internalReads(
  applicationId: string,
): readonly { readonly groupId: string; readonly topics: readonly string[] }[] {
  const sinks = ['history', 'orders'].map((name) => `${applicationId}-${name}`)
  return [
    { groupId: applicationId, topics: [`${applicationId}-by-customer-repartition`] },
    ...sinks.map((groupId) => ({ groupId, topics: [`${groupId}-sink`] })),
  ]
}
