export type OrderStatus = 'placed' | 'paid' | 'shipped' | 'cancelled'

/** An order as it is after a change. The record's key is the order's id. */
export interface Order {
  readonly customerId: string
  /** Counts the changes of the order, from 1. */
  readonly revision: number
  readonly status: OrderStatus
  /** As text: an amount is no floating-point number. */
  readonly amount: string
  readonly placedAt: string
}

/** With its key, for where it has another one. */
export interface KeyedOrder extends Order {
  readonly orderId: string
}

/** The record's key is the customer's id. */
export interface Customer {
  readonly name: string
  readonly country: string
}

/** An order with what is known of its customer. */
export interface OrderRow extends KeyedOrder {
  readonly customer: string
  readonly country: string
}
