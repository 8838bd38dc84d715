import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { customersOf, ordersOf } from './model.ts'

export function aggregations(): Topology {
  const builder = new StreamsBuilder()
  const orders = ordersOf(builder)
  // #region streams
  const byCustomer = orders.groupBy((_id, order) => order.customer, {
    name: 'by-customer',
    key: serdes.string,
  })
  orders.groupByKey().count({ store: 'versions-of-orders' })
  byCustomer.count({ store: 'orders-of-customer' })
  byCustomer.reduce((a, b) => (a.cents >= b.cents ? a : b), { store: 'largest-order' })
  const spent = byCustomer.aggregate({
    init: () => 0,
    add: (_customer, order, sum) => sum + order.cents,
    store: 'spent',
    value: serdes.long,
    caching: false,
  })
  // #endregion
  spent.toStream().to('spent')
  return builder.build()
}

export function tables(): Topology {
  const builder = new StreamsBuilder()
  const customers = customersOf(builder)
  // #region rows
  customers
    .filter((_id, customer) => customer.credit > 0)
    .filterNot((_id, customer) => customer.country === 'test')
    .mapValues((customer) => customer.country, { store: 'countries', value: serdes.string })
    .toStream((_id, country) => country, { key: serdes.string })
    .to('countries')
  customers
    .transformValues(
      () => ({ transform: (customer) => (customer === null ? 'gone' : customer.name) }),
      { store: 'names', value: serdes.string },
    )
    .toStream()
    .to('names')
  // #endregion
  // #region groups
  const byCountry = customers.groupBy((_id, customer) => [customer.country, customer.credit], {
    name: 'by-country',
    key: serdes.string,
    value: serdes.long,
  })
  byCountry.count({ store: 'customers-of-country' })
  byCountry.reduce({ adder: (a, b) => a + b, subtractor: (a, b) => a - b, store: 'credit' })
  byCountry.aggregate({
    init: () => 0,
    adder: (_country, credit, large) => large + (credit > 1000 ? 1 : 0),
    subtractor: (_country, credit, large) => large - (credit > 1000 ? 1 : 0),
    store: 'large-credits',
    value: serdes.long,
  })
  // #endregion
  return builder.build()
}
