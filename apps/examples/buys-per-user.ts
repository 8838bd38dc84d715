import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

interface Click {
  readonly user: string
  readonly kind: 'view' | 'buy'
}

/** Counts how often each user has bought something. */
export function buysPerUser(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('clicks', { key: serdes.string, value: serdes.json<Click>() })
    .filter((_, click) => click.kind === 'buy')
    .groupBy((_, click) => click.user, { key: serdes.string, name: 'by-user' })
    .count({ store: 'buys' })
    .toStream()
    .to('buys-per-user')
  return builder.build()
}
