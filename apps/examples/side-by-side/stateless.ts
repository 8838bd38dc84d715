import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { orderSerde, ordersOf } from './model.ts'

/** @param log is told of records */
export function stateless(log: (text: string) => void): Topology {
  const builder = new StreamsBuilder()
  const orders = ordersOf(builder)
  // #region values
  orders
    .filter((_id, order) => order.cents > 0)
    .filterNot((_id, order) => order.country === 'test')
    .peek((id) => {
      log(id)
    })
    .mapValues((order) => order.customer, { value: serdes.string })
    .to('customers-of-orders')
  orders.flatMapValues((order) => order.tags, { value: serdes.string }).to('tags-of-orders')
  // #endregion
  // #region keys
  orders
    .map((_id, order) => [order.customer, order.cents], { key: serdes.string, value: serdes.long })
    .to('cents-by-customer')
  orders
    .flatMap((id, order) => order.tags.map((tag) => [tag, id] as const), {
      key: serdes.string,
      value: serdes.string,
    })
    .to('orders-by-tag')
  orders
    .selectKey((_id, order) => order.country, { key: serdes.string, name: 'by-country' })
    .to('orders-by-country')
  // #endregion
  // #region ends
  orders.foreach((id, order) => {
    log(`${id} ${order.cents}`)
  })
  orders.print({ label: 'orders', write: log })
  // #endregion
  // #region branches
  const { large, small } = orders
    .split({ name: 'by-size-' })
    .branch('large', (_id, order) => order.cents > 10_000)
    .default('small')
  large.to('large-orders')
  large.merge(small, { name: 'all' }).to('all-orders')
  // #endregion
  // #region repartition
  const byShop = orders.repartition({
    name: 'by-shop',
    partitions: 8,
    partitioner: (_id, order, partitions) => order.shop % partitions,
  })
  const latest = byShop.toTable({ store: 'latest-orders', key: serdes.string, value: orderSerde })
  // #endregion
  latest.toStream().to('latest-orders')
  return builder.build()
}
