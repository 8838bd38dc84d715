import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { jdbcSink } from '@millrace/sink-jdbc'

interface Order {
  readonly customer: string
  readonly total: string
  readonly placedAt: string
  readonly lines: readonly { readonly item: string; readonly count: number }[]
}

/** Keeps a table of orders: a row an order, changed and deleted as the topic says, exactly once. */
export function ordersToSql(connectionUrl: string): Topology {
  const orders = jdbcSink<string, Order>({
    connectionUrl, // 'jdbc:postgresql://localhost:5432/shop?user=shop&password=…'
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
  const builder = new StreamsBuilder()
  builder
    .stream('orders', { key: serdes.string, value: serdes.json<Order>() })
    .toSink(orders, { name: 'orders-table', deadLetterTopic: 'orders-rejected' })
  return builder.build()
}
