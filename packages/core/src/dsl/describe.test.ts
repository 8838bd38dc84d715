import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.ts'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { AGGREGATIONS } from './describe-aggregations.testkit.ts'
import { ORDERING } from './describe-ordering.testkit.ts'
import { STATELESS } from './describe-stateless.testkit.ts'
import { TABLES } from './describe-tables.testkit.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import type { KStream } from './kstream.ts'
import { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const { key, value } = text
const yes = (): boolean => true
const swap = (k: string, v: string): [string, string] => [v, k]
const keep = (v: string): string => v
const join = (_key: string, v: string, all: string): string => all + v
const last = (_before: string, v: string): string => v
const first = (before: string): string => before

const forwardAll: ProcessorSupplier<string, string, string, string> = () => ({
  process: (record, context) => context.forward(record),
})
const forwardValues: FixedKeyProcessorSupplier<string, string, string> = () => ({
  process: (record, context) => context.forward(record),
})

type Build = (builder: StreamsBuilder) => unknown

const read = (builder: StreamsBuilder, topic: string): KStream<string, string> =>
  builder.stream(topic, text)

const stateless: Record<string, Build> = {
  'source to sink': (b) => {
    read(b, 'in').to('out')
  },
  'named source to named sink': (b) => {
    b.stream('in', { ...text, name: 'source' }).to('out', { name: 'sink' })
  },
  'several topics': (b) => {
    b.stream(['orders', 'returns', 'clicks', 'a'], text).to('out')
  },
  'topic pattern': (b) => {
    b.stream(/in-.*/, text).to('out')
  },
  'every stateless operator': (b) => {
    read(b, 'in')
      .filter(yes)
      .filterNot(yes)
      .map((k, v) => [k, v])
      .mapValues(keep)
      .flatMap((k, v) => [[k, v]])
      .flatMapValues((v) => [v])
      .selectKey((k) => k)
      .peek(() => undefined)
      .process(forwardAll)
      .processValues(forwardValues)
      .to('out', text)
  },
  'every stateless operator, named': (b) => {
    b.stream('in', { ...text, name: 's' })
      .filter(yes, { name: 'f' })
      .filterNot(yes, { name: 'fn' })
      .map((k, v) => [k, v], { name: 'm' })
      .mapValues(keep, { name: 'mv' })
      .flatMap((k, v) => [[k, v]], { name: 'fm' })
      .flatMapValues((v) => [v], { name: 'fmv' })
      .selectKey((k) => k, { name: 'sk' })
      .peek(() => undefined, { name: 'p' })
      .process(forwardAll, { name: 'pr' })
      .processValues(forwardValues, { name: 'pv' })
      .to('out', { ...text, name: 'k' })
  },
  'foreach and print': (b) => {
    const stream = read(b, 'in')
    stream.foreach(() => undefined)
    stream.foreach(() => undefined, { name: 'each' })
    stream.print()
    stream.print({ name: 'printer' })
  },
  merge: (b) => {
    read(b, 'a').merge(read(b, 'b')).merge(read(b, 'c'), { name: 'all' }).to('out')
  },
  'merge with itself': (b) => {
    const stream = read(b, 'a')
    stream.merge(stream).to('out')
  },
  'split with default': (b) => {
    const { big, small, rest } = read(b, 'in')
      .split({ name: 'by-size-' })
      .branch('big', yes)
      .branch('small', yes)
      .default('rest')
    big.to('big')
    small.to('small')
    rest.to('rest')
  },
  'split unnamed': (b) => {
    const branches = read(b, 'in').split().branch('1', yes).branch('2', yes).default()
    branches[1].to('one')
    branches[2].to('two')
    branches[0].to('zero')
  },
  'split without default': (b) => {
    read(b, 'in').split({ name: 's-' }).branch('x', yes).noDefault().x.to('x')
  },
  repartition: (b) => {
    read(b, 'in').repartition().to('out')
  },
  'repartition, named': (b) => {
    read(b, 'in').repartition({ name: 'by-user', partitions: 3 }).to('out')
  },
  'dynamic topic': (b) => {
    const topicOf = (_key: string, v: string): string => v
    read(b, 'in').to(topicOf)
  },
  'one topic, two streams': (b) => {
    const x = read(b, 'in')
    const y = read(b, 'in')
    y.mapValues(keep, { value }).to('y')
    x.to('x')
  },
  'stores of processors': (b) => {
    const shared = stores.keyValue('shared', text)
    b.addStateStore(shared)
    b.addStateStore(stores.keyValue('own', text))
    read(b, 'a')
      .process(forwardAll, { stores: ['shared', 'own'] })
      .to('x', text)
    read(b, 'b').process(forwardAll, { name: 'second', stores: [shared] })
    read(b, 'c')
      .processValues(forwardValues, { stores: ['shared'] })
      .to('z', text)
  },
  'three sub-topologies': (b) => {
    read(b, 'a').to('x')
    read(b, 'b').to('y')
    read(b, 'a').mapValues(keep).to('z', text)
    read(b, 'c')
      .selectKey((_, v) => v)
      .repartition({ key })
      .to('w')
  },
}

const aggregations: Record<string, Build> = {
  count: (b) => {
    read(b, 'in').groupByKey().count().toStream().to('out')
  },
  'count, store named': (b) => {
    read(b, 'in').groupByKey().count({ store: 'counts' }).toStream().to('out')
  },
  'count, operator named': (b) => {
    read(b, 'in')
      .groupByKey()
      .count({ name: 'counter', store: 'counts' })
      .toStream({ name: 'changes' })
      .to('out')
  },
  'count with serdes only': (b) => {
    read(b, 'in').groupByKey().count({ key, value: serdes.long }).toStream().to('out')
  },
  reduce: (b) => {
    read(b, 'in').groupByKey().reduce(last).toStream().to('out')
  },
  'reduce, named': (b) => {
    read(b, 'in').groupByKey().reduce(last, { name: 'last', store: 'latest' }).toStream().to('out')
  },
  aggregate: (b) => {
    read(b, 'in')
      .groupByKey()
      .aggregate({ init: () => '', add: join, value })
      .toStream()
      .to('out')
  },
  'aggregate, named': (b) => {
    read(b, 'in')
      .groupByKey()
      .aggregate({ init: () => '', add: join, value, name: 'joined', store: 'texts' })
      .toStream()
      .to('out')
  },
  'groupBy and count': (b) => {
    read(b, 'in')
      .groupBy((_, v) => v, { key })
      .count()
      .toStream()
      .to('out')
  },
  'groupBy and count, store named': (b) => {
    read(b, 'in')
      .groupBy((_, v) => v, { key })
      .count({ store: 'counts' })
      .toStream()
      .to('out')
  },
  'groupBy, named': (b) => {
    read(b, 'in')
      .groupBy((_, v) => v, { key, name: 'by-value' })
      .count({ store: 'counts' })
      .toStream()
      .to('out')
  },
  'one named grouping, two aggregations': (b) => {
    countAndReduce(read(b, 'in').groupBy((_, v) => v, { key, name: 'g' }))
  },
  'one unnamed grouping, two aggregations': (b) => {
    countAndReduce(read(b, 'in').groupBy((_, v) => v, { key }))
  },
  'a changed key and groupByKey': (b) => {
    read(b, 'in')
      .selectKey((_, v) => v, { key })
      .filter(yes)
      .groupByKey()
      .count()
      .toStream()
      .to('out')
  },
  'a changed key, repartition and groupByKey': (b) => {
    read(b, 'in').map(swap, text).repartition().groupByKey().count().toStream().to('out')
  },
  'a processor and groupByKey': (b) => {
    read(b, 'in')
      .process(forwardAll)
      .groupByKey({ ...text, name: 'grp' })
      .count()
      .toStream()
      .to('out')
  },
  'merged streams, one with a changed key': (b) => {
    read(b, 'a')
      .merge(read(b, 'b').selectKey((_, v) => v))
      .groupByKey()
      .count()
      .toStream()
      .to('out')
  },
  'two aggregations of one stream': (b) => {
    const stream = read(b, 'in')
    stream.groupByKey().count({ store: 'counts' }).toStream().to('counts-out')
    stream.groupByKey().reduce(last, { store: 'latest' })
  },
}

function countAndReduce(grouped: KGroupedStream<string, string>): void {
  grouped.count().toStream().to('counts')
  grouped.reduce(last).toStream().to('latest')
}

const tables: Record<string, Build> = {
  table: (b) => {
    b.table('in', text).toStream().to('out')
  },
  'table, store named': (b) => {
    b.table('in', { ...text, store: 'rows' })
      .toStream()
      .to('out')
  },
  'table, named': (b) => {
    b.table('in', { ...text, name: 'people', store: 'rows' })
      .toStream({ name: 'changes' })
      .to('out')
  },
  'filter and mapValues': (b) => {
    b.table('in', text).filter(yes).filterNot(yes).mapValues(keep).toStream().to('out', text)
  },
  'filter and mapValues, named and stored': (b) => {
    b.table('in', { ...text, store: 'rows' })
      .filter(yes, { name: 'f', store: 'kept' })
      .filterNot(yes, { name: 'fn' })
      .mapValues(keep, { name: 'mv', store: 'mapped', value })
      .toStream()
      .to('out')
  },
  'filter and mapValues with serdes only': (b) => {
    b.table('in', text).filter(yes, text).mapValues(keep, text).toStream().to('out')
  },
  toTable: (b) => {
    read(b, 'in').toTable().toStream().to('out')
  },
  'toTable, named and stored': (b) => {
    read(b, 'in').toTable({ name: 'tt', store: 'rows' }).toStream().to('out')
  },
  'toTable of a changed key': (b) => {
    read(b, 'in')
      .selectKey((_, v) => v, { key })
      .toTable()
      .toStream()
      .to('out')
  },
  'toTable of a changed key, named': (b) => {
    read(b, 'in')
      .selectKey((_, v) => v, { key })
      .toTable({ name: 'tt' })
      .toStream()
      .to('out')
  },
  'groupBy and count': (b) => {
    b.table('in', text).groupBy(swap, text).count().toStream().to('out')
  },
  'groupBy and aggregate of a view': (b) => {
    b.table('in', text)
      .filter(yes)
      .mapValues(keep)
      .groupBy(swap, { ...text, name: 'g' })
      .aggregate({
        init: () => '',
        adder: join,
        subtractor: join,
        value,
        name: 'agg',
        store: 'sums',
      })
      .toStream()
      .to('out')
  },
  'groupBy and reduce': (b) => {
    b.table('in', text)
      .groupBy(swap, text)
      .reduce({ adder: last, subtractor: first })
      .toStream()
      .to('out')
  },
  'one named grouping of a table, two aggregations': (b) => {
    const grouped = b.table('in', { ...text, store: 'rows' }).groupBy(swap, { ...text, name: 'g' })
    grouped.count({ store: 'counts' })
    grouped.reduce({ adder: last, subtractor: first, store: 'sums' }).toStream().to('out')
  },
  'a count grouped again': (b) => {
    read(b, 'in')
      .groupByKey()
      .count()
      .groupBy((k, count) => [String(count), k], text)
      .count()
      .toStream()
      .to('out')
  },
  'toTable grouped': (b) => {
    read(b, 'in').toTable().groupBy(swap, text).count().toStream().to('out')
  },
}

const LETTERS = 'zeta alpha mu kappa omega beta rho tau chi psi eta iota nu xi'.split(' ')

const ordering: Record<string, Build> = {
  'many children, in the order of hash sets': (b) => {
    const all = read(b, 'in')
    for (const name of LETTERS) {
      let stream = all.filter(yes, { name })
      if (name.length > 3) stream = stream.mapValues(keep, { value })
      if (name.length > 4) stream.merge(all).to(name)
      stream.to(`out-${name}`)
    }
  },
  'siblings of different size': (b) => {
    const stream = read(b, 'in')
    stream.mapValues(keep, { value }).to('short')
    stream
      .mapValues(keep, { value })
      .filter(yes)
      .peek(() => undefined)
      .to('long')
    stream.groupByKey().count({ store: 'counts' }).filter(yes).toStream().to('counted')
    stream
      .filter(yes)
      .merge(read(b, 'other').peek(() => undefined))
      .to('merged')
  },
  'stores in the order of hash sets': (b) => {
    const names = ['prices', 'users', 'orders', 'carts', 'a-store', 'b-store']
    for (const name of names) b.addStateStore(stores.keyValue(name, text))
    read(b, 'in').process(forwardAll, { name: 'all-stores', stores: names }).to('out', text)
  },
}

const themes = [
  ['stateless operators', stateless, STATELESS],
  ['aggregations', aggregations, AGGREGATIONS],
  ['tables', tables, TABLES],
  ['order', ordering, ORDERING],
] as const

for (const [theme, builds, expected] of themes) {
  describe(`describe() prints what Kafka Streams prints: ${theme}`, () => {
    test('every topology of the fixture is built here', () => {
      assert.deepEqual(Object.keys(builds).sort(), Object.keys(expected).sort())
    })

    for (const [name, build] of Object.entries(builds)) {
      test(name, () => {
        const builder = new StreamsBuilder()
        build(builder)
        assert.equal(builder.build().describe(), expected[name])
      })
    }
  })
}
