import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

interface Order {
  readonly customer: string
  readonly cents: number
}

/** Large orders go to a topic of their own; of the others one line each. */
export function routeOrders(): Topology {
  const builder = new StreamsBuilder()
  const web = builder.stream('web-orders', { key: serdes.string, value: serdes.json<Order>() })
  const shop = builder.stream('shop-orders', { key: serdes.string, value: serdes.json<Order>() })

  const { large, small } = web
    .merge(shop)
    .split({ name: 'by-size-' })
    .branch('large', (_, order) => order.cents >= 100_000)
    .default('small')

  large.to('orders-to-review')
  small
    .mapValues(({ customer, cents }) => `${customer}: ${cents}`, { value: serdes.string })
    .to('order-lines')
  return builder.build()
}
