import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

/** Each trade with the price that was asked at its moment: the latest quote of at most a minute before. */
export function tradesWithQuotes(): Topology {
  const builder = new StreamsBuilder()
  const trades = builder.stream('trades', { key: serdes.string, value: serdes.double })
  const quotes = builder.stream('quotes', { key: serdes.string, value: serdes.double })
  trades
    .asOfLeftJoin(quotes, (paid, asked) => (asked === null ? null : paid - asked), {
      tolerance: '1 minute',
      grace: '5 seconds',
      store: 'latest-quotes',
      value: serdes.nullable(serdes.double),
    })
    .to('slippage')
  return builder.build()
}
