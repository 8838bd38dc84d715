import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

interface Order {
  readonly product: string
  readonly pieces: number
}
interface Price {
  readonly cents: number
}

const order = { key: serdes.string, value: serdes.json<Order>() }

/** Orders, by customer, with the name of the customer and the price that the product had when it was ordered. */
export function enrichOrders(): Topology {
  const builder = new StreamsBuilder()
  // Every member has all names: a customer can be looked up whatever the partition.
  const customers = builder.globalTable('customers', { key: serdes.string, value: serdes.string })
  const prices = builder.table('prices', {
    key: serdes.string,
    value: serdes.json<Price>(),
    store: 'prices',
    versioned: '1 day',
  })
  builder
    .stream('orders', order)
    .leftJoin(customers, (o, name, id) => ({ ...o, id, name: name ?? 'unknown' }), {
      key: (id) => id,
    })
    .selectKey((_, { product }) => product, { key: serdes.string })
    .join(prices, ({ id, name, pieces }, { cents }) => ({ id, name, cents: pieces * cents }), {
      name: 'with-price',
      thisValue: serdes.json(),
      // A price that comes up to a minute late is still the one of its time.
      grace: '1 minute',
    })
    .map((_, { id, ...rest }) => [id, rest])
    .to('priced-orders', { key: serdes.string, value: serdes.json() })
  return builder.build()
}
