import { serdes, type Sink, StreamsBuilder, type Topology } from '@millrace/core'

interface Order {
  readonly customer: string
  readonly cents: number
}

/** Large orders go to a system outside Kafka as they come, and so does what each customer has spent, row by row. */
export function ordersToRows(orders: Sink<string, Order>, spent: Sink<string, number>): Topology {
  const builder = new StreamsBuilder()
  const all = builder.stream('orders', { key: serdes.string, value: serdes.json<Order>() })
  all
    .filter((_, { cents }) => cents >= 100_000)
    .toSink(orders, { name: 'large-orders', deadLetterTopic: 'refused-orders' })
  all
    .map((_, { customer, cents }) => [customer, cents], {
      key: serdes.string,
      value: serdes.double,
    })
    .groupByKey({ name: 'by-customer' })
    .reduce((sum, cents) => sum + cents, { store: 'spent' })
    .toStream()
    .toSink(spent, { name: 'spent' })
  return builder.build()
}
