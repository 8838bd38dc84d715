import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

interface Ratings {
  readonly count: number
  readonly sum: number
}

/** The average of the ratings of each film. */
export function averageRating(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('ratings', { key: serdes.string, value: serdes.integer })
    .groupByKey()
    .aggregate<Ratings>({
      init: () => ({ count: 0, sum: 0 }),
      add: (_film, rating, { count, sum }) => ({ count: count + 1, sum: sum + rating }),
      value: serdes.json<Ratings>(),
      store: 'ratings-by-film',
    })
    .mapValues(({ count, sum }) => sum / count, { value: serdes.double })
    .toStream()
    .to('average-ratings')
  return builder.build()
}
