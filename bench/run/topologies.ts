import { type KStream, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import type { RunnerOptions, TopologyWorkload } from './run-options.ts'

/** The topology of a workload: the peers' own, operator by operator and serde by serde. */
export function topologyOf(workload: TopologyWorkload, options: RunnerOptions): Topology {
  const builder = new StreamsBuilder()
  const stream = builder.stream(options.input, { key: serdes.string, value: serdes.bytes })
  if (workload === 'count') {
    stream.groupByKey().count({ store: 'counts' }).toStream().to(options.output)
  } else if (options.value === 'raw') {
    stream
      .filter((_, value) => value.length > 10)
      .mapValues((value) => value)
      .to(options.output, { value: serdes.bytes })
  } else withJson(stream).to(options.output, { value: serdes.bytes })
  return builder.build()
}

interface PageView {
  readonly amount: number
  cents?: number
}

function withJson(stream: KStream<string, Uint8Array>): KStream<string, Uint8Array> {
  const json = serdes.json<PageView>()
  return stream
    .mapValues((value) => json.deserialize(value, ''))
    .filter((_, view) => view.amount >= 0)
    .mapValues((view) => {
      view.cents = Math.round(view.amount * 100)
      return json.serialize(view, '')
    })
}
