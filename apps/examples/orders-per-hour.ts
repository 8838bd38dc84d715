import {
  agg,
  avg,
  count,
  latest,
  max,
  serdes,
  StreamsBuilder,
  sum,
  type Topology,
  tumbling,
} from '@millrace/core'

interface Order {
  readonly id: string
  readonly cents: number
}

/** What each shop has sold in each hour: one record an hour, when it is over, also when no more orders come. */
export function ordersPerHour(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('orders', {
      key: serdes.string,
      value: serdes.json<Order>(),
      watermark: { idle: '5 minutes' },
    })
    .groupByKey()
    .windowedBy(tumbling('1 hour', { grace: '10 minutes' }), { emit: 'on-window-close' })
    .aggregate(
      agg(
        {
          orders: count(),
          cents: sum((order) => order.cents),
          average: avg((order) => order.cents),
          largest: max((order) => order.cents),
          last: latest(),
        },
        {
          store: 'orders-per-hour',
          dropped: (late) => {
            late.filter((_, { reason }) => reason === 'late').to('late-orders')
          },
        },
      ),
    )
    .toStream()
    .selectKey(({ key, window }) => `${key} ${new Date(window.startMs).toISOString()}`, {
      key: serdes.string,
    })
    .to('orders-per-hour')
  return builder.build()
}
