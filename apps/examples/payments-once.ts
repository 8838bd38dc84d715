import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

interface Payment {
  readonly id: string
  readonly cents: number
}

/** Payments that a customer's device sends again count once; those that come too late to be sure go to a topic of their own. */
export function paymentsOnce(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('payments', { key: serdes.string, value: serdes.json<Payment>() })
    .dedup({
      id: ({ id }) => id,
      within: '1 hour',
      grace: '10 minutes',
      store: 'seen-payments',
      dropped: (records) => {
        records.to('unsure-payments')
      },
    })
    .to('payments-once')
  return builder.build()
}
