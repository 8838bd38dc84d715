import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { BuildOptions } from '../topology/build-options.ts'
import { serdes } from '../serde/serdes.ts'
import { joinWindows } from '../time/join-windows.ts'
import { OPTIMIZATIONS } from './describe-optimizations.testkit.ts'
import { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const { key } = text
const yes = (): boolean => true
const rekey = (_key: string, value: string): string => value
const swap = (k: string, v: string): [string, string] => [v, k]
const keep = (value: string): string => value
const last = (_before: string, value: string): string => value
const both = (left: string, right: string): string => left + right
const forwards: ProcessorSupplier<string, string, string, string> = () => ({
  process: (record, context) => context.forward(record),
})
const within = joinWindows('5 minutes', { grace: '1 minute' })
const counted = { key, value: serdes.long }

const cases: Record<string, (builder: StreamsBuilder) => unknown> = {
  'two aggregations of one rekeyed stream': (b) => {
    const rekeyed = b.stream('in', text).selectKey(rekey, { key })
    rekeyed.groupByKey(text).count({ ...counted, store: 'counts' })
    rekeyed.groupByKey(text).reduce(last, text)
  },
  'what is between the new key and the repartition goes below it': (b) => {
    const mapped = b.stream('in', text).map(swap, text)
    const filtered = mapped.filter(yes)
    filtered.to('out')
    filtered.groupByKey({ ...text, name: 'grp' }).count(counted)
    mapped.to('raw')
  },
  'what follows a processor is repartitioned for itself': (b) => {
    const processed = b.stream('in', text).process(forwards, text)
    processed.groupByKey(text).count({ key, store: 'counts' })
    processed.groupByKey(text).reduce(last, text)
  },
  'inputs of a cogroup share repartitions with other aggregations': (b) => {
    const stream = b.stream('in', text)
    const one = stream.groupBy(rekey, text)
    one.count({ key, store: 'one' })
    const two = stream.groupBy(rekey, text)
    two.count({ key, store: 'two' })
    const add = (_key: string, value: string, all: string): string => all + value
    one
      .cogroup(add)
      .cogroup(two, add)
      .aggregate({ init: () => '', ...text, store: 'both' })
  },
  'a repartition below changed values stays': (b) => {
    const rekeyed = b.stream('in', text).selectKey(rekey, { key })
    rekeyed.groupByKey(text).count(counted)
    rekeyed.mapValues(keep, text).groupByKey(text).reduce(last, text)
  },
  'two rekeyed streams come together in a merge': (b) => {
    const a = b.stream('a', text)
    const c = b.stream('b', text)
    a.selectKey(rekey, { key }).merge(c.map(swap, text)).groupByKey(text).count(counted)
  },
  'a join and an aggregation share a repartition': (b) => {
    const rows = b.table('table', { ...text, store: 'rows' })
    const rekeyed = b.stream('in', text).selectKey(rekey, { key })
    rekeyed.join(rows, (left, right) => left + right, text).to('out', text)
    rekeyed.groupByKey({ ...text, name: 'grp' }).count(counted)
  },
  'repartition() stays, also below a new key': (b) => {
    const rekeyed = b.stream('in', text).selectKey(rekey, { key })
    rekeyed
      .repartition({ ...text, name: 'mine' })
      .groupByKey(text)
      .count(counted)
    rekeyed.groupByKey(text).reduce(last, text)
  },
  'a stream that is joined with itself is kept in one store': (b) => {
    const filtered = b.stream('in', text).filter(yes)
    filtered.join(filtered, both, { within, ...text, store: 'self' }).to('out')
  },
  'so is one in a left join with itself': (b) => {
    const stream = b.stream('in', text)
    stream.leftJoin(stream, (left) => left, { within, ...text, store: 'self' }).to('out')
  },
  'a rekeyed stream that is joined with itself has one repartition and one store': (b) => {
    const rekeyed = b.stream('in', text).selectKey(rekey, { key })
    rekeyed.join(rekeyed, both, { within, ...text }).to('out')
  },
  'two streams of one topic are the same': (b) => {
    const left = b.stream('in', text)
    left.join(b.stream('in', text), both, { within, ...text, name: 'both' }).to('out')
  },
}

describe('with all optimisations a topology is described as in Kafka Streams', () => {
  for (const [name, build] of Object.entries(cases)) {
    test(name, () => {
      const builder = new StreamsBuilder()
      build(builder)
      assert.equal(builder.build({ optimization: 'all' }).describe(), OPTIMIZATIONS[name])
    })
  }

  test('every recorded description has a case', () => {
    assert.deepEqual(Object.keys(cases), Object.keys(OPTIMIZATIONS))
  })
})

/** Each repartition topic with the operators that its source and its sink are next to. */
function repartitions(
  build: (builder: StreamsBuilder) => unknown,
  options: BuildOptions = {},
): Record<string, string> {
  const builder = new StreamsBuilder()
  build(builder)
  const topology = builder.build({ optimization: ['merge.repartition.topics'], ...options })
  const nodes = topology.subtopologies.flatMap((part) => part.nodes)
  const around: Record<string, string> = {}
  for (const topic of topology.repartitionTopics.keys()) {
    const source = nodes.find((node) => node.kind === 'source' && String(node.topics) === topic)
    const filter = nodes.find(({ name }) => name === `${topic}-filter`)
    around[topic] = `${String(filter?.parents)} > ${String(source?.children)}`
  }
  return around
}

describe('where Kafka Streams goes wrong', () => {
  test('a repartition stays below a processor, unless it is to be moved', () => {
    const processed = (b: StreamsBuilder): unknown =>
      b
        .stream('a', text)
        .selectKey(rekey, { key, name: 'rekey' })
        .process(forwards, { ...text, name: 'process' })
        .groupByKey({ ...text, name: 'grp' })
        .count({ ...counted, name: 'count' })
    assert.deepEqual(repartitions(processed), { 'grp-repartition': 'process > count' })
    const moved = repartitions(processed, { mergesOverProcessors: true })
    assert.deepEqual(moved, { 'grp-repartition': 'rekey > process' })
  })

  test('a repartition that gets records past the operator that changes the key stays', () => {
    const found = repartitions((b) => {
      const rekeyed = b.stream('a', text).selectKey(rekey, { key, name: 'rekey' })
      const other = b.stream('b', text).selectKey(rekey, { key, name: 'other' })
      rekeyed.groupByKey({ ...text, name: 'alone' }).count({ ...counted, name: 'count-alone' })
      const both = rekeyed.merge(other, { name: 'both' })
      both.groupByKey({ ...text, name: 'together' }).count({ ...counted, name: 'count-together' })
    })
    assert.deepEqual(found, {
      'alone-repartition': 'rekey > count-alone',
      'together-repartition': 'both > count-together',
    })
  })

  test('all ways from the operator to the repartition go behind the one that takes its place', () => {
    const found = repartitions((b) => {
      const rekeyed = b.stream('a', text).selectKey(rekey, { key, name: 'rekey' })
      rekeyed.groupByKey({ ...text, name: 'alone' }).count({ ...counted, name: 'count-alone' })
      const left = rekeyed.filter(yes, { name: 'left' })
      const both = left.merge(rekeyed.filter(yes, { name: 'right' }), { name: 'both' })
      both.groupByKey({ ...text, name: 'together' }).count({ ...counted, name: 'count-together' })
    })
    assert.deepEqual(found, { 'alone-repartition': 'rekey > count-alone,left,right' })
  })

  test('a repartition that gets records with yet another key on one of the ways stays', () => {
    const found = repartitions((b) => {
      const rekeyed = b.stream('a', text).selectKey(rekey, { key, name: 'rekey' })
      rekeyed.groupByKey({ ...text, name: 'alone' }).count({ ...counted, name: 'count-alone' })
      const again = rekeyed.selectKey(rekey, { key, name: 'again' })
      const both = rekeyed.filter(yes, { name: 'left' }).merge(again, { name: 'both' })
      both.groupByKey({ ...text, name: 'together' }).count({ ...counted, name: 'count-together' })
    })
    assert.deepEqual(found, {
      'alone-repartition': 'rekey > count-alone',
      'together-repartition': 'both > count-together',
    })
  })

  test('of merges one after the other the last one counts', () => {
    const found = repartitions((b) => {
      const read = (topic: string) =>
        b.stream(topic, text).selectKey(rekey, { key, name: `rekey-${topic}` })
      const two = read('a').merge(read('b'), { name: 'two' })
      const three = two.merge(read('c'), { name: 'three' })
      three.groupByKey({ ...text, name: 'all' }).count({ ...counted, name: 'count' })
    })
    assert.deepEqual(found, { 'all-repartition': 'three > count' })
  })

  test('repartitions that go through one operator are merged', () => {
    const found = repartitions((b) => {
      const rekeyed = b.stream('a', text).selectKey(rekey, { key, name: 'rekey' })
      const peeked = rekeyed.peek(() => undefined, { name: 'peek' })
      peeked.groupByKey({ ...text, name: 'one' }).count({ ...counted, name: 'count-one' })
      peeked.groupByKey({ ...text, name: 'two' }).count({ ...counted, name: 'count-two' })
    })
    assert.deepEqual(found, { 'one-repartition': 'rekey > peek' })
  })
})

test('an optimisation that there is not is refused', () => {
  const builder = new StreamsBuilder()
  builder.stream('in', text)
  const unknown = ['reuse'] as unknown as ['merge.repartition.topics']
  assert.throws(
    () => builder.build({ optimization: unknown }),
    /^TypeError: no optimization 'reuse'/,
  )
})

test('one builder builds with and without optimisations', () => {
  const builder = new StreamsBuilder()
  const rekeyed = builder.stream('in', text).selectKey(rekey, { key })
  rekeyed.groupByKey(text).count(counted)
  rekeyed.groupByKey(text).reduce(last, text)
  const plain = builder.build()
  assert.equal(builder.build({ optimization: 'all' }).repartitionTopics.size, 1)
  assert.equal(builder.build().describe(), plain.describe())
  assert.equal(plain.repartitionTopics.size, 2)
})

test('a stored source table has its topic for its changelog, and only when it is asked for', () => {
  const builder = new StreamsBuilder()
  builder.table('rows', { ...text, store: 'rows' })
  builder.table('unstored', text)
  builder.stream('in', text).toTable({ ...text, store: 'derived' })
  const changelogs = (topology: ReturnType<StreamsBuilder['build']>): unknown =>
    topology.subtopologies.flatMap((part) => part.sourceChangelogs)
  assert.deepEqual(changelogs(builder.build({ optimization: ['reuse.ktable.source.topics'] })), [
    { store: 'rows', source: 'KSTREAM-SOURCE-0000000000', topic: 'rows', serdes: undefined },
  ])
  assert.deepEqual(changelogs(builder.build()), [])
})
