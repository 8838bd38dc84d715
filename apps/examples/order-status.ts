import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

interface Order {
  readonly customer: string
  readonly item: string
}
interface Shipment {
  readonly carrier: string
}
interface Shipped extends Order {
  readonly carrier: string | null
}

/** Each order with what is known of its shipment and the name of its customer, until it is left alone for 90 days. */
export function orderStatus(): Topology {
  const builder = new StreamsBuilder()
  const orders = builder.table('orders', { key: serdes.string, value: serdes.json<Order>() })
  const shipments = builder.table('shipments', {
    key: serdes.string,
    value: serdes.json<Shipment>(),
  })
  const customers = builder.table('customers', { key: serdes.string, value: serdes.string })
  orders
    // Of the same key: the id of the order.
    .leftJoin(shipments, (order, shipment) => ({ ...order, carrier: shipment?.carrier ?? null }), {
      name: 'with-shipment',
      value: serdes.json<Shipped>(),
    })
    // Of another key: the id of the customer. Who changes the name changes all orders.
    .join(customers, ({ item, carrier }, name) => `${item} for ${name}, ${carrier ?? 'not sent'}`, {
      foreignKey: (order) => order.customer,
      name: 'with-customer',
      value: serdes.string,
    })
    .ttl('90 days', { by: 'event-time', store: 'order-status' })
    .toStream()
    .to('order-status')
  return builder.build()
}
