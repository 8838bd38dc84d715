import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { TopologyBuilder } from '../topology/topology-builder.ts'
import type { Topology } from '../topology/topology-node.ts'
import { LOOKUPS } from './describe-lookups.testkit.ts'
import type { KStream } from './kstream.ts'
import { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const yes = (): boolean => true
const both = (left: string, right: string | number | null): string => `${left}${right}`

const byValue = (_key: string, value: string): string => value
const keep: ProcessorSupplier<string, string, never, never> = () => ({ process: () => undefined })

const read = (builder: StreamsBuilder, topic: string): KStream<string, string> =>
  builder.stream(topic, text)

const lookups: Record<string, (builder: StreamsBuilder) => unknown> = {
  'stream-table join': (b) => {
    const table = b.table('table', text)
    read(b, 'in').join(table, both, text).to('out')
  },
  'stream-table left join, named': (b) => {
    const table = b.table('table', text)
    read(b, 'in')
      .leftJoin(table, both, { ...text, name: 'looked-up' })
      .to('out')
  },
  'stream-table join of a view, with a stored parent': (b) => {
    const table = b.table('table', { ...text, store: 'rows' })
    const stream = read(b, 'in')
    stream
      .join(
        table.filter(yes).mapValues((v) => v),
        both,
        text,
      )
      .to('out')
  },
  'stream-table joins of a rekeyed stream share its repartition': (b) => {
    const table = b.table('table', text)
    const other = b.table('other', text)
    const stream = read(b, 'in').selectKey((_, v) => v, text)
    stream.join(table, both, text).to('out')
    stream.leftJoin(other, both, text).to('out2')
    stream.join(other, both, { ...text, name: 'named' }).to('out3')
    stream.join(table, both, text).to('out4')
  },
  'stream-table join of a rekeyed stream, named, then chained': (b) => {
    const table = b.table('table', { ...text, store: 'rows' })
    read(b, 'in')
      .map((k, v) => [v, k], text)
      .leftJoin(table, both, { ...text, name: 'look' })
      .selectKey((_, v) => v, text)
      .join(table, both, { ...text, name: 'again' })
      .groupByKey()
      .count({ store: 'n' })
  },
  'stream joined with its own count': (b) => {
    const stream = read(b, 'in')
    const count = stream.groupByKey().count()
    stream.join(count, both, text).to('out')
  },
  "table made after the stream's first operators": (b) => {
    const stream = read(b, 'in').filter(yes)
    const table = b.table('table', text).filter(yes)
    stream.leftJoin(table, both, text).to('out')
    table.toStream().to('changes')
  },
  'global table, inner join': (b) => {
    const global = b.globalTable('global', text)
    read(b, 'in')
      .join(global, both, { ...text, key: byValue })
      .to('out')
  },
  'global table after the stream, left join, named': (b) => {
    const stream = read(b, 'in')
    const global = b.globalTable('global', { ...text, name: 'g', store: 'rows' })
    stream.leftJoin(global, both, { ...text, key: byValue, name: 'looked-up' }).to('out')
  },
  'a global join does not repartition, what follows does': (b) => {
    const global = b.globalTable('global', { ...text, store: 'rows' })
    const more = b.globalTable('more', text)
    read(b, 'in')
      .selectKey(byValue, text)
      .join(global, both, { ...text, key: byValue })
      .leftJoin(more, both, { ...text, key: byValue })
      .groupByKey()
      .count({ store: 'n' })
    b.table('table', { ...text, store: 't' })
  },
  'global store between streams': (b) => {
    read(b, 'in').to('out')
    b.addGlobalStore(stores.keyValue('own', text), 'global', { ...text, processor: keep })
    read(b, 'in2').to('out2')
    const named = { ...text, name: 'keeper', processor: keep }
    b.addGlobalStore(stores.keyValue('other', text), 'more', named)
  },
  'a global table and nothing else': (b) => {
    b.globalTable('global', text)
  },
  'stream-table join with a grace period': (b) => {
    const table = b.table('table', { ...text, store: 'v', versioned: '1 second' })
    read(b, 'in')
      .join(table, both, { ...text, grace: 10 })
      .to('out')
  },
  'stream-table left join of a rekeyed stream with a view, with a grace period, named': (b) => {
    const table = b.table('table', { ...text, store: 'v', versioned: '1 second' })
    const view = table.filter(yes).mapValues((v) => v)
    read(b, 'in')
      .selectKey(byValue, text)
      .leftJoin(view, both, { ...text, name: 'look', grace: 10 })
      .to('out')
  },
  'read-only store': (b) => {
    const rows = stores.keyValue('rows', text)
    const reader: ProcessorSupplier<string, string, string, string> = () => ({
      process: () => undefined,
    })
    read(b, 'in')
      .process(reader, { ...text, name: 'reader', stores: [rows] })
      .to('out')
    b.addReadOnlyStateStore(rows, 'rows-in', { ...text, name: 'keeper', processor: keep })
  },
}

const handBuilt: Record<string, () => Topology> = {
  'global and read-only stores, by hand': () => {
    const builder = new TopologyBuilder()
    const reader: ProcessorSupplier<string, string, string, string> = () => ({
      process: () => undefined,
    })
    builder.addGlobalStore(stores.keyValue('names', text), {
      ...text,
      source: 'names-source',
      topic: 'names-in',
      name: 'names-keeper',
      processor: keep,
    })
    builder.addReadOnlyStateStore(stores.keyValue('rows', text), {
      ...text,
      source: 'rows-source',
      topic: 'rows-in',
      name: 'rows-keeper',
      processor: keep,
    })
    const source = builder.addSource('s', 'in', text)
    const read = builder.addProcessor('reader', reader, { parents: [source] })
    builder.connectProcessorAndStateStores(read, 'rows')
    builder.addSink('k', 'out', { ...text, parents: [read] })
    return builder.build()
  },
}

describe('a topology of lookups is described as Kafka Streams describes it', () => {
  for (const [name, build] of Object.entries(lookups)) {
    test(name, () => {
      const builder = new StreamsBuilder()
      build(builder)
      assert.equal(builder.build().describe(), LOOKUPS[name])
    })
  }

  for (const [name, build] of Object.entries(handBuilt)) {
    test(name, () => {
      assert.equal(build().describe(), LOOKUPS[name])
    })
  }

  test('all of them', () => {
    assert.deepEqual(Object.keys({ ...lookups, ...handBuilt }), Object.keys(LOOKUPS))
  })
})
