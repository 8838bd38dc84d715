import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

/** The average of the last three measurements of each sensor, after each one. */
export function movingAverage(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('measurements', { key: serdes.string, value: serdes.double })
    .groupByKey()
    .windowedByCount({ size: 3, advance: 1 })
    .aggregate({
      init: () => 0,
      add: (_sensor, value, sum) => sum + value,
      store: 'last-measurements',
    })
    .mapValues((sum) => sum / 3, { value: serdes.double })
    .to('averages')
  return builder.build()
}
