import type { KeyedOrder } from '../order.ts'
import type { KeyedCustomer } from './random-orders.ts'

/** A row as PostgreSQL prints it, its columns in the order in which they are asked for. */
export type PrintedRow = string

export interface ExpectedTables {
  /** By order id. */
  readonly orders: ReadonlyMap<string, PrintedRow>
  /** By order id and revision. */
  readonly history: ReadonlyMap<string, PrintedRow>
}

/**
 * What the tables must hold: the orders and customers from first to last, without joins, stores or partitions. It shares
 * no code with the topology, so what both agree on is not a slip of one.
 */
export function recount(
  customers: readonly KeyedCustomer[],
  changes: readonly KeyedOrder[],
): ExpectedTables {
  const known = new Map(customers.map((customer) => [customer.customerId, customer]))
  const orders = new Map<string, PrintedRow>()
  const history = new Map<string, PrintedRow>()
  for (const { orderId, customerId, revision, status, amount, placedAt } of changes) {
    const { name = '', country = '' } = known.get(customerId) ?? {}
    const row = [customerId, name, country, status, amount, placedAt, revision].join(' | ')
    history.set(`${orderId} ${revision}`, row)
    if (status === 'cancelled') orders.delete(orderId)
    else orders.set(orderId, row)
  }
  return { orders, history }
}
