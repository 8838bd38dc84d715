import type { Customer, KeyedOrder, OrderStatus } from '../order.ts'

/** A customer, with the key of its record. */
export interface KeyedCustomer extends Customer {
  readonly customerId: string
}

const CUSTOMERS = 500
const COUNTRIES = ['AT', 'BR', 'CL', 'DE', 'EE', 'FR', 'GH'] as const
const MOVED = 0.2
const CANCELLED = 0.2
/** So many orders are under way at once, so that changes of many of them come between two of one. */
const UNDER_WAY = 300

/** Some have moved: the last one of a customer counts. */
export function randomCustomers(random: () => number): KeyedCustomer[] {
  const ids = Array.from({ length: CUSTOMERS }, (_, n) => `customer-${n}`)
  const moved = ids.filter(() => random() < MOVED)
  return [...ids, ...moved].map((customerId) => ({
    customerId,
    name: `Customer ${customerId.slice('customer-'.length)}`,
    country: COUNTRIES[Math.floor(random() * COUNTRIES.length)] ?? 'DE',
  }))
}

/** Orders that are placed, paid and shipped, or cancelled on the way. */
export function randomOrders(count: number, startMs: number, random: () => number): KeyedOrder[] {
  const orders: KeyedOrder[] = []
  const underWay: KeyedOrder[] = []
  const below = (bound: number): number => Math.floor(random() * bound)
  for (let n = 0; n < count; n++) {
    const isNew = underWay.length < UNDER_WAY && random() < 0.6
    const [before] = isNew ? [] : underWay.splice(below(underWay.length), 1)
    const order: KeyedOrder =
      before === undefined
        ? {
            orderId: `order-${n}`,
            customerId: `customer-${below(CUSTOMERS)}`,
            revision: 1,
            status: 'placed',
            amount: `${below(1000)}.${String(below(100)).padStart(2, '0')}`,
            placedAt: new Date(startMs + n).toISOString(),
          }
        : { ...before, revision: before.revision + 1, status: nextStatus(before.status, random) }
    orders.push(order)
    if (order.status === 'placed' || order.status === 'paid') underWay.push(order)
  }
  return orders
}

function nextStatus(status: OrderStatus, random: () => number): OrderStatus {
  if (random() < CANCELLED) return 'cancelled'
  return status === 'placed' ? 'paid' : 'shipped'
}
