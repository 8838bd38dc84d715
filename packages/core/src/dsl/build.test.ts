import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import type { Subtopology } from '../topology/topology-node.ts'
import { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const yes = (): boolean => true

/** The problems that `build` reports. */
function problems(define: (builder: StreamsBuilder) => void): string {
  const builder = new StreamsBuilder()
  define(builder)
  try {
    builder.build()
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_TOPOLOGY'))
    assert.equal(error.action, 'fail')
    return error.message.replace('Invalid topology: ', '')
  }
  return 'none'
}

describe('build() refuses', () => {
  test('a topology that reads nothing', () => {
    assert.equal(problems(() => undefined), 'the topology reads nothing: call stream(), table() or addSource()') // prettier-ignore
  })

  test('an operator name that is there already', () => {
    const found = problems((b) => {
      b.stream('a', text).filter(yes, { name: 'x' }).peek(yes, { name: 'x' })
    })

    assert.equal(found, 'x: another operator already has this name')
  })

  test('a store name that another store has', () => {
    const found = problems((b) => {
      const grouped = b.stream('a', text).groupByKey()
      grouped.count({ store: 's' })
      grouped.reduce((one) => one, { store: 's' })
    })

    assert.equal(found, "KSTREAM-REDUCE-0000000002: another store already has the name 's'")
  })

  test('a store that was not announced', () => {
    const found = problems((b) => {
      b.stream('a', text).process(() => ({ process: () => undefined }), {
        stores: ['s'],
        name: 'p',
      })
    })

    assert.equal(found, "p: there is no store 's'")
  })

  test('names that Kafka would not take', () => {
    const found = problems((b) => {
      b.stream('in put', text).filter(yes, { name: 'big ones' }).to('')
      b.table('t', { ...text, store: 'a/b' })
    })

    assert.deepEqual(found.split('; '), [
      "KSTREAM-SOURCE-0000000000: the name 'in put' has a character other than letters, digits, '.', '_' and '-'",
      "big ones: the name 'big ones' has a character other than letters, digits, '.', '_' and '-'",
      'KSTREAM-SINK-0000000002: a name must not be empty',
      "KTABLE-SOURCE-0000000004: the name 'a/b' has a character other than letters, digits, '.', '_' and '-'",
    ])
  })

  test('a topic that two sources read', () => {
    const found = problems((b) => {
      b.stream('a', text)
      b.table('a', text)
      b.stream(/a.*/, text)
    })

    assert.deepEqual(found.split('; '), [
      "KSTREAM-SOURCE-0000000002: topic 'a' is already read by KSTREAM-SOURCE-0000000000",
      "KSTREAM-SOURCE-0000000004: topic 'a' is already read by KSTREAM-SOURCE-0000000000",
    ])
  })

  test('overlapping lists of topics, and sources merged with another offset reset', () => {
    const found = problems((b) => {
      b.stream(['a', 'b'], text)
      b.stream(['b', 'c'], text)
      b.stream('d', { ...text, autoOffsetReset: 'latest' })
      b.stream('d', text)
    })

    assert.match(found, /topic 'b' is also read by KSTREAM-SOURCE-0000000000, together with other/)
    assert.match(
      found,
      /reads the topics of KSTREAM-SOURCE-0000000002 with another autoOffsetReset/,
    )
  })

  test('a list without topics', () => {
    assert.equal(problems((b) => b.stream([], text)), 'KSTREAM-SOURCE-0000000000: reads no topic') // prettier-ignore
  })

  test('two repartition topics of one name, and a sink into one', () => {
    const found = problems((b) => {
      const stream = b.stream('a', text)
      stream.repartition({ name: 'r' })
      stream.to('r-repartition')
    })

    assert.equal(
      found,
      "KSTREAM-SINK-0000000004: 'r-repartition' is a repartition topic, which r-repartition-sink writes already",
    )
  })

  test('a partition count that is none', () => {
    const found = problems((b) => {
      b.stream('a', text).repartition({ name: 'r', partitions: 0 })
    })

    assert.equal(found, 'r-repartition-source: 0 is no number of partitions')
  })

  test('a sink that its own source reads by pattern', () => {
    const found = problems((b) => {
      b.stream(/events-.*/, text)
        .filter(yes)
        .to('events-out')
    })

    assert.equal(
      found,
      "KSTREAM-SINK-0000000002: writes 'events-out', which its own source KSTREAM-SOURCE-0000000000 reads by pattern",
    )
  })

  test('everything at once', () => {
    const found = problems((b) => {
      b.stream('a b', text)
        .mapValues((value) => value.length)
        .to('out')
    })

    assert.equal(found.split('; ').length, 3)
  })
})

describe('build() asks for a serde', () => {
  test('that a mapper dropped and a sink needs', () => {
    const found = problems((b) => {
      b.stream('a', text)
        .map((key, value) => [value.length, key])
        .to('out', { name: 'out' })
    })

    assert.equal(
      found,
      'out: no key serde; give the option `key`; out: no value serde; give the option `value`',
    )
  })

  test('that a repartition topic needs', () => {
    const found = problems((b) => {
      b.stream('a', text)
        .groupBy((_, value) => value.length, { name: 'by-length' })
        .count({ store: 'c', key: serdes.integer })
    })

    assert.equal(
      found,
      "by-length: no key serde for the repartition topic 'by-length-repartition'; give the option `key`",
    )
  })

  test('that a store needs', () => {
    const found = problems((b) => {
      b.stream('a', text)
        .groupByKey()
        .aggregate({
          init: () => 0,
          add: (_key, value, sum) => sum + value.length,
          store: 'sums',
          name: 'sum',
        })
    })

    assert.equal(found, "sum: no value serde for the store 'sums'; give the option `value`")
  })

  test('not for a table that is never stored, but for one that grouping stores', () => {
    const table = (b: StreamsBuilder) =>
      b
        .stream('a', text)
        .mapValues((value) => value.length)
        .toTable({ name: 'lengths' })

    assert.equal(problems((b) => { table(b).toStream().foreach(yes); }), 'none') // prettier-ignore
    const found = problems((b) => {
      table(b)
        .groupBy((key, length) => [length, key], { key: serdes.integer, value: serdes.string })
        .count()
    })
    assert.match(
      found,
      /^lengths: no value serde for the store 'KSTREAM-TOTABLE-STATE-STORE-0000000003'/,
    )
  })

  test('not where it is inherited', () => {
    const found = problems((b) => {
      const kept = b
        .stream('a', text)
        .filter(yes)
        .filterNot(yes)
        .peek(yes)
        .mapValues((v) => v, text)
      const { x } = kept.merge(b.stream('b', text)).split().branch('x', yes).noDefault()
      x.selectKey((_, value) => value, text)
        .repartition()
        .to('out')
      x.groupByKey()
        .reduce((one) => one)
        .filter(yes)
        .toStream()
        .to('reduced')
    })

    assert.equal(found, 'none')
  })
})

describe('build()', () => {
  test('gives nodes with their neighbours, parents first, and sub-topologies with their topics', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', text)
    stream.groupBy((_, value) => value, { ...text, name: 'g' }).count({ store: 'c' })
    stream.to('copy')
    const [first, second] = builder.build().subtopologies

    assert.deepEqual(outline(first), [
      'KSTREAM-SOURCE-0000000000 -> g,KSTREAM-SINK-0000000006',
      'g -> g-repartition-filter',
      'g-repartition-filter -> g-repartition-sink',
      'g-repartition-sink -> ',
      'KSTREAM-SINK-0000000006 -> ',
    ])
    assert.deepEqual(outline(second), [
      'g-repartition-source -> KSTREAM-AGGREGATE-0000000002',
      'KSTREAM-AGGREGATE-0000000002 -> ',
    ])
    assert.deepEqual([first?.writesInternal, second?.writesInternal], [['g-repartition'], []])
    assert.deepEqual(second?.stores.map(({ name }) => name), ['c']) // prettier-ignore
  })

  test('gives repartition topics Kafka Streams’ settings', () => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).repartition({ name: 'r', partitions: 4 })
    const topic = builder.build().repartitionTopics.get('r-repartition')

    assert.deepEqual(topic, {
      name: 'r-repartition',
      partitions: 4,
      config: {
        'cleanup.policy': 'delete',
        'message.timestamp.type': 'CreateTime',
        'retention.ms': '-1',
        'segment.bytes': '52428800',
      },
    })
  })

  test('connects operators that share a store into one sub-topology', () => {
    const builder = new StreamsBuilder()
    const shared = stores.keyValue('shared', text)
    const reader = () => ({ process: () => undefined })
    builder.stream('a', text).process(reader, { stores: [shared] })
    builder.stream('b', text)
    builder.stream('c', text).process(reader, { stores: [shared] })
    const parts = builder.build().subtopologies

    assert.deepEqual(parts.map(({ nodes }) => nodes.length), [4, 1]) // prettier-ignore
  })

  test('gives what was said so far, and can be called again', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', text)
    const before = builder.build()
    stream.to('out')

    assert.equal(before.subtopologies[0]?.nodes.length, 1)
    assert.equal(builder.build().subtopologies[0]?.nodes.length, 2)
  })

  test('freezes what it gives', () => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).to('out')
    const topology = builder.build()
    const part = topology.subtopologies[0]

    for (const data of [topology, topology.subtopologies, part, part?.nodes, part?.nodes[0]]) {
      assert.ok(Object.isFrozen(data))
    }
  })
})

test('streams of different builders cannot be merged', () => {
  const stream = new StreamsBuilder().stream('a', text)

  assert.throws(() => new StreamsBuilder().stream('b', text).merge(stream), TypeError)
})

function outline(part: Subtopology | undefined): readonly string[] {
  return part?.nodes.map(({ name, children }) => `${name} -> ${children.join(',')}`) ?? []
}
