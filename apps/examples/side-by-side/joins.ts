import {
  joinWindows,
  type KStream,
  type KTable,
  type Processor,
  serdes,
  stores,
  type StreamsBuilder,
} from '@millrace/core'
import { type Customer, type Order, orderSerde, type Payment, priceSerde } from './model.ts'

export function streamStream(
  orders: KStream<string, Order>,
  payments: KStream<string, Payment>,
): KStream<string, string> {
  // #region stream-stream
  const paid = orders.leftJoin(payments, (order, payment) => `${order.cents} ${payment?.cents}`, {
    within: joinWindows({ before: 0, after: '1 hour' }, { grace: '10 minutes' }),
    store: 'order-payments',
    value: serdes.string,
  })
  // #endregion
  return paid
}

export function streamTable(
  builder: StreamsBuilder,
  orders: KStream<string, Order>,
): KStream<string, number> {
  // #region stream-table
  const prices = builder.table('prices', {
    key: serdes.string,
    value: priceSerde,
    store: 'prices',
    versioned: '1 day',
  })
  const missing = orders.leftJoin(prices, (order, price) => order.cents - (price?.cents ?? 0), {
    name: 'priced',
    grace: '1 minute',
    value: serdes.long,
  })
  // #endregion
  return missing
}

export function tableTable(
  orders: KTable<string, Order>,
  shipments: KTable<string, string>,
  customers: KTable<string, Customer>,
): KTable<string, string> {
  // #region table-table
  const shipped = orders.leftJoin(
    shipments,
    (order, carrier) => ({ ...order, tags: [carrier ?? 'not sent'] }),
    { name: 'with-shipment', value: orderSerde },
  )
  const sent = shipped.join(
    customers,
    (order, customer) => `${customer.name}: ${order.tags.join()}`,
    {
      foreignKey: (order) => order.customer,
      name: 'with-customer',
      store: 'sent',
      value: serdes.string,
      asksAgain: true, // not in Kafka Streams
    },
  )
  // #endregion
  return sent
}

export function versions(builder: StreamsBuilder): void {
  // #region versions
  const rates = builder.table('rates', {
    key: serdes.string,
    value: priceSerde,
    store: 'rates',
    versioned: '1 hour',
  })
  const current = rates.ttl('1 day', { by: 'event-time', store: 'current-rates' })
  // #endregion
  current.toStream().to('current-rates')
}

export function globalTable(
  builder: StreamsBuilder,
  orders: KStream<string, Order>,
): KStream<string, string> {
  // #region global-table
  const names = builder.globalTable('names', { key: serdes.string, value: serdes.string })
  const named = orders.join(names, (order, name) => `${name}: ${order.cents}`, {
    key: (_id, order) => order.customer,
    value: serdes.string,
  })
  // #endregion
  return named
}

const blocked = stores.keyValue('blocked', { key: serdes.string, value: serdes.string })
const limits = stores.keyValue('limits', { key: serdes.string, value: serdes.string })

const keeper = (store: typeof blocked) => (): Processor<string, string, never, never> => ({
  process(record, context) {
    context.getStateStore(store).put(record.key, record.value)
  },
})

export function topicStores(builder: StreamsBuilder): void {
  // #region topic-stores
  builder.addGlobalStore(blocked, 'blocked', {
    key: serdes.string,
    value: serdes.string,
    processor: keeper(blocked),
  })
  builder.addReadOnlyStateStore(limits, 'limits', {
    key: serdes.string,
    value: serdes.string,
    processor: keeper(limits),
  })
  // #endregion
}
