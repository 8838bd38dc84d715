import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { kafkaSink } from '@millrace/sink-kafka'

interface Order {
  readonly customer: string
  readonly cents: number
}

/** Copies large orders to a topic of another cluster, each exactly once. */
export function ordersToOtherCluster(brokers: string): Topology {
  const order = { key: serdes.string, value: serdes.json<Order>() }
  const builder = new StreamsBuilder()
  builder
    .stream('orders', order)
    .filter((_, { cents }) => cents >= 100_000)
    .toSink(kafkaSink({ brokers, topic: 'large-orders', ...order }), { name: 'large-orders' })
  return builder.build()
}
