import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { type Order, orderSerde } from './model.ts'

export function sourcesAndSinks(): Topology {
  const builder = new StreamsBuilder()
  // #region sources
  const orders = builder.stream(['web-orders', 'shop-orders'], {
    key: serdes.string,
    value: orderSerde,
  })
  const visits = builder.stream(/visits-.*/, {
    key: serdes.string,
    value: serdes.long,
    name: 'visits',
    timestampExtractor: (record) => record.value as number,
    autoOffsetReset: { byDuration: '1 hour' },
  })
  const customers = builder.table('customers', {
    key: serdes.string,
    value: serdes.string,
    store: 'customers',
  })
  // #endregion
  // #region sinks
  orders.to('orders', {
    key: serdes.string,
    value: orderSerde,
    partitioner: (_id, order, partitions) => order.shop % partitions,
  })
  orders.to((_id, order) => `orders-${order.country}`)
  customers.toStream().to('customers-copy')
  // #endregion
  visits.to('all-visits')
  return builder.build()
}

export function defaultSerdes(): Topology {
  // #region default-serdes
  const builder = new StreamsBuilder({
    defaultKeySerde: serdes.json(),
    defaultValueSerde: serdes.json(),
  })
  // #endregion
  builder
    .stream('orders', { key: serdes.string, value: serdes.json<Order>() })
    .selectKey((_id, order) => order.customer)
    .to('orders-by-customer')
  return builder.build()
}
