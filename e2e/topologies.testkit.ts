import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import { parseInput } from './inputs.testkit.ts'
import { SqliteSink } from './sqlite-sink.testkit.ts'

export interface TopologyTopics {
  readonly inputs: readonly string[]
  readonly output: string
}

/** One output: the how manieth input of its key this was. */
export interface Counted {
  readonly count: number
  readonly id: string
}

export type TopologyName =
  | 'count'
  | 'count-repartitioned'
  | 'count-partitioned'
  | 'global-lookup'
  | 'to-sqlite'
  | 'count-to-sqlite'

const INPUT = { key: serdes.string, value: serdes.string } as const
const counted = serdes.json<Counted>()

/** Counts by the record's key. */
function count({ inputs, output }: TopologyTopics): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(inputs, INPUT)
    .groupByKey()
    .aggregate<Counted>({ store: 'counts', caching: false, value: counted, init, add })
    .toStream()
    .to(output)
  return builder.build()
}

/** As `count`, with a partitioner that does what Kafka does by default. */
function countPartitioned({ inputs, output }: TopologyTopics): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(inputs, INPUT)
    .groupByKey()
    .aggregate<Counted>({ store: 'counts', caching: false, value: counted, init, add })
    .toStream()
    .to(output, { partitioner: (key, _value, count) => partitionForKey(Buffer.from(key), count) })
  return builder.build()
}

/** Counts by the input's key behind a repartition topic. */
function countRepartitioned({ inputs, output }: TopologyTopics): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(inputs, INPUT)
    .groupBy((_key, value) => parseInput(value).key, { ...INPUT, name: 'by-key' })
    .aggregate<Counted>({ store: 'counts', caching: false, value: counted, init, add })
    .toStream()
    .to(output)
  return builder.build()
}

/** One output of `global-lookup`: with the name that the key has in the global table; '' for none. */
export interface Named extends Counted {
  readonly name: string
}

/** As `count`, of inputs that are joined with a global table first: the second topic, of the same keys. */
function globalLookup({ inputs, output }: TopologyTopics): Topology {
  const [input = '', global = ''] = inputs
  const builder = new StreamsBuilder()
  const names = builder.globalTable(global, { ...INPUT, store: 'names' })
  builder
    .stream(input, INPUT)
    .leftJoin(names, (value, name) => `${value}|${name ?? ''}`, {
      key: (key) => key,
      value: serdes.string,
    })
    .groupByKey()
    .aggregate<Named>({
      store: 'counts',
      caching: false,
      value: serdes.json<Named>(),
      init: () => ({ count: 0, id: '', name: '' }),
      add: (_key, value, before) => ({
        count: before.count + 1,
        id: parseInput(value).id,
        name: value.split('|')[2] ?? '',
      }),
    })
    .toStream()
    .to(output)
  return builder.build()
}

const init = (): Counted => ({ count: 0, id: '' })
const add = (_key: string, value: string, before: Counted): Counted => ({
  count: before.count + 1,
  id: parseInput(value).id,
})

/** The topologies that a member can be told to run. */
/** Inputs as they are; `output` is the path of the file. */
function toSqlite({ inputs, output }: TopologyTopics): Topology {
  const builder = new StreamsBuilder()
  builder.stream(inputs, INPUT).toSink(new SqliteSink(output), { name: 'rows' })
  return builder.build()
}

/** As `count`; `output` is the path of the file. */
function countToSqlite({ inputs, output }: TopologyTopics): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(inputs, INPUT)
    .groupByKey()
    .aggregate<Counted>({ store: 'counts', caching: false, value: counted, init, add })
    .toStream()
    .mapValues((value) => JSON.stringify(value))
    .toSink(new SqliteSink(output), { name: 'rows', ...INPUT })
  return builder.build()
}

export const TOPOLOGIES: Readonly<Record<TopologyName, (topics: TopologyTopics) => Topology>> = {
  count,
  'count-repartitioned': countRepartitioned,
  'count-partitioned': countPartitioned,
  'global-lookup': globalLookup,
  'to-sqlite': toSqlite,
  'count-to-sqlite': countToSqlite,
}
