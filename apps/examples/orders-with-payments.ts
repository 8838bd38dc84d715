import { joinWindows, serdes, StreamsBuilder, type Topology } from '@millrace/core'

interface Order {
  readonly cents: number
}

interface Payment {
  readonly cents: number
}

/** Says of each order whether it was paid within an hour; payments may come up to ten minutes late. */
export function ordersWithPayments(): Topology {
  const builder = new StreamsBuilder()
  const orders = builder.stream('orders', { key: serdes.string, value: serdes.json<Order>() })
  const payments = builder.stream('payments', { key: serdes.string, value: serdes.json<Payment>() })
  orders
    .leftJoin(
      payments,
      (order, payment) =>
        payment === null ? 'not paid' : `paid ${payment.cents} of ${order.cents}`,
      {
        within: joinWindows({ before: 0, after: '1 hour' }, { grace: '10 minutes' }),
        store: 'order-payments',
        value: serdes.string,
      },
    )
    .to('order-states')
  return builder.build()
}
