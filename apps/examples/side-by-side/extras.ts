import {
  agg,
  count,
  latest,
  serdes,
  StreamsBuilder,
  sum,
  type Topology,
  tumbling,
} from '@millrace/core'
import { orderSerde } from './model.ts'

export function finalWhileIdle(): Topology {
  const builder = new StreamsBuilder()
  // #region watermark
  const windowed = builder
    .stream('orders', { key: serdes.string, value: orderSerde, watermark: { idle: '5 minutes' } })
    .groupByKey()
    .windowedBy(tumbling('1 hour', { grace: '10 minutes' }), { emit: 'on-window-close' })
  const perHour = windowed.count({ store: 'orders-per-hour' })
  // #endregion
  // #region dropped
  windowed.count({
    store: 'counted',
    dropped: (late) => {
      late.to('late-orders')
    },
  })
  // #endregion
  // #region old
  windowed.count({ store: 'backfilled', changelogCleanup: 'compact' })
  // #endregion
  perHour
    .toStream()
    .selectKey(({ key }) => key, { key: serdes.string })
    .to('orders-per-hour')
  return builder.build()
}

export function severalAggregates(): Topology {
  const builder = new StreamsBuilder()
  const grouped = builder.stream('orders', { key: serdes.string, value: orderSerde }).groupByKey()
  // #region agg
  grouped.aggregate(
    agg({ orders: count(), cents: sum(({ cents }) => cents), last: latest() }, { store: 'sales' }),
  )
  // #endregion
  return builder.build()
}
