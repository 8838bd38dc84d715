import { jdbcSink, type RowSchema } from '@millrace/sink-jdbc'
import type { OrderRow } from './order.ts'
import type { OrderTables } from './topology.ts'

const COLUMNS = {
  customer_id: { type: 'text', value: ({ value }) => value?.customerId },
  customer: 'text',
  country: 'text',
  status: 'text',
  amount: 'decimal(12,2)',
  placed_at: { type: 'timestamp', value: ({ value }) => value?.placedAt },
  revision: 'int',
} satisfies RowSchema<string, OrderRow | null>

/**
 * Two tables, which are created when they are not there. `orders` has a row an order. `order_history` has no primary
 * key: nothing but the sink itself keeps a change from being there twice.
 */
export function orderTables(connectionUrl: string): OrderTables {
  return {
    orders: jdbcSink<string, OrderRow | null>({
      connectionUrl,
      table: 'orders',
      autoCreate: true,
      insertMode: 'upsert',
      pkMode: 'recordKey',
      pkFields: ['order_id'],
      onTombstone: 'delete',
      schema: { order_id: 'text', ...COLUMNS },
    }),
    history: jdbcSink<string, OrderRow>({
      connectionUrl,
      table: 'order_history',
      autoCreate: true,
      insertMode: 'insert',
      schema: { order_id: { type: 'text', value: ({ value }) => value.orderId }, ...COLUMNS },
    }),
  }
}
