import {
  type KStream,
  serdes,
  session,
  StreamsBuilder,
  type Topology,
  tumbling,
} from '@millrace/core'
import type { RunnerOptions, TopologyWorkload } from './run-options.ts'

type Build = (builder: StreamsBuilder, options: RunnerOptions) => void

/** The topology of a workload: the peers' own, operator by operator and serde by serde. */
export function topologyOf(workload: TopologyWorkload, options: RunnerOptions): Topology {
  const builder = new StreamsBuilder()
  BUILDS[workload](builder, options)
  return builder.build()
}

const BUILDS: Readonly<Record<TopologyWorkload, Build>> = {
  passthrough: (builder, options) => {
    const stream = events(builder, options)
    const out = options.value === 'raw' ? passing(stream) : withJson(stream)
    out.to(options.output, { value: serdes.bytes })
  },
  count: (builder, options) => {
    const counts = events(builder, options).groupByKey().count({ store: 'counts' })
    counts.toStream().to(options.output)
  },
  window: (builder, options) => {
    const windows = tumbling('1 minute', { grace: 0 })
    const grouped = events(builder, options).groupByKey().windowedBy(windows)
    grouped
      .count({ store: 'counts' })
      .toStream()
      .map(({ key, window }, count) => [`${key}@${window.startMs}`, count], COUNTS)
      .to(options.output)
  },
  session: (builder, options) => {
    const windows = session('30 seconds', { grace: 0 })
    const grouped = events(builder, options).groupByKey().windowedBy(windows)
    grouped
      .count({ store: 'counts' })
      .toStream()
      .map(({ key, window }, count) => [`${key}@${window.startMs}-${window.endMs}`, count], COUNTS)
      .to(options.output)
  },
  join: (builder, options) => {
    const users = builder.table(options.users, { ...RAW, store: 'users' })
    events(builder, options)
      .join(users, (event, user) => enriched(event, user), { value: serdes.bytes })
      .to(options.output)
  },
}

const RAW = { key: serdes.string, value: serdes.bytes }
const COUNTS = { key: serdes.string, value: serdes.long }

function events(builder: StreamsBuilder, { input }: RunnerOptions): KStream<string, Uint8Array> {
  return builder.stream(input, RAW)
}

function passing(stream: KStream<string, Uint8Array>): KStream<string, Uint8Array> {
  return stream.filter((_, value) => value.length > 10).mapValues((value) => value)
}

const EVENT = Buffer.from('{"event":')
const PROFILE = Buffer.from(',"profile":')
const END = Buffer.from('}')

/** Both as one JSON value, without parsing either. */
function enriched(event: Uint8Array, user: Uint8Array): Uint8Array {
  return Buffer.concat([EVENT, event, PROFILE, user, END])
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
