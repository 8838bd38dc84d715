import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

interface Customer {
  readonly region: string
}

/** Counts the customers of each region; one who moves leaves the old region and joins the new. */
export function customersPerRegion(): Topology {
  const builder = new StreamsBuilder()
  builder
    .table('customers', {
      key: serdes.string,
      value: serdes.json<Customer>(),
      store: 'customers',
    })
    .groupBy((id, { region }) => [region, id], {
      key: serdes.string,
      value: serdes.string,
      name: 'by-region',
    })
    .count({ store: 'customers-per-region' })
    .toStream()
    .to('customers-per-region')
  return builder.build()
}
