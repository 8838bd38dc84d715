import { serdes, type Sink, StreamsBuilder, type Topology } from '@millrace/core'
import { jdbcSink } from '@millrace/sink-jdbc'

export interface Order {
  readonly customer: string
  readonly total: string
  readonly placedAt: string
  readonly lines: readonly { readonly item: string; readonly count: number }[]
}

/** A table of orders: `jdbc:postgresql://localhost:5432/shop?user=shop&password=…` has it, or creates it. */
export function ordersTable(connectionUrl: string): Sink<string, Order> {
  return jdbcSink<string, Order>({
    connectionUrl,
    table: 'orders',
    autoCreate: true,
    insertMode: 'upsert',
    pkMode: 'recordKey',
    pkFields: ['id'],
    onTombstone: 'delete',
    schema: {
      id: 'text',
      customer: 'text',
      total: 'decimal(12,2)',
      placedAt: { type: 'timestamp', column: 'placed_at' },
      lines: 'json',
    },
  })
}

/** Keeps the table as the topic says: a row an order, changed and deleted exactly once. */
export function ordersToSql(table: Sink<string, Order>): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('orders', { key: serdes.string, value: serdes.json<Order>() })
    .toSink(table, { name: 'orders-table', deadLetterTopic: 'orders-rejected' })
  return builder.build()
}
