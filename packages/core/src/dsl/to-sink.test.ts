import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import {
  build,
  chains,
  type Define,
  inTasks,
  nothing,
  sink,
  text,
  upper,
  yes,
} from './to-sink.testkit.ts'
import { unreadSink } from './unread-sink.testkit.ts'

describe('a sink is direct', () => {
  test('below its topic, and nothing of it is in tasks', () => {
    const topology = build((_, orders) => {
      orders.toSink(sink, { name: 'out' })
    })

    assert.deepEqual(chains(topology), { out: 'read[orders] (read)' })
    assert.deepEqual(topology.subtopologies, [])
    assert.equal(topology.externalSinks[0]?.id, 0)
    assert.equal(topology.externalSinks[0].sink, sink)
    assert.equal(topology.repartitionTopics.size, 0)
  })

  test('below all steps that keep the key and need nothing of a task', () => {
    const topology = build((builder, orders) => {
      const others = builder.stream(['a', 'b'], { ...text, name: 'more' })
      orders
        .filter(yes, { name: 'f' })
        .filterNot(yes, { name: 'fn' })
        .mapValues(upper, { name: 'm', value: serdes.string })
        .flatMapValues((value) => [value], { name: 'fm' })
        .peek(nothing, { name: 'p' })
        .merge(others, { name: 'merged' })
        .toSink(sink, { name: 'out' })
    })

    assert.deepEqual(chains(topology), {
      out: 'read[orders] > more[a,b] > f > fn > m > fm > p > merged (merged)',
    })
    assert.deepEqual(inTasks(topology), [])
    const merged = topology.externalSinks[0]?.nodes.at(-1)
    assert.deepEqual([merged?.parents, merged?.children], [['p', 'more'], []])
  })

  test('also where tasks read the same topic: steps that both need are in both', () => {
    const topology = build((_, orders) => {
      const big = orders.filter(yes, { name: 'big' })
      big.mapValues(upper, { name: 'shout' }).toSink(sink, { name: 'out' })
      big.to('copies', { name: 'copy' })
    })

    assert.deepEqual(chains(topology), { out: 'read[orders] > big > shout (shout)' })
    assert.deepEqual(inTasks(topology), ['read', 'big', 'copy'])
    assert.equal(topology.externalSinks[0]?.id, 1)
    assert.deepEqual(topology.externalSinks[0].nodes[0]?.children, ['big'])
    assert.deepEqual(topology.subtopologies[0]?.nodes[1]?.children, ['copy'])
  })

  test('each for itself, where there are several', () => {
    const topology = build((builder, orders) => {
      const big = orders.filter(yes, { name: 'big' })
      big.toSink(sink, { name: 'second' })
      big.mapValues(upper, { name: 'shout' }).toSink(sink, { name: 'first' })
      builder.stream('orders', text).toSink(sink, { name: 'third' })
    })

    assert.deepEqual(chains(topology), {
      second: 'read[orders] > big (big)',
      first: 'read[orders] > big > shout (shout)',
      third: 'read[orders] (read)',
    })
    assert.deepEqual(inTasks(topology), [])
    assert.deepEqual(
      topology.externalSinks.map(({ id }) => id),
      [0, 1, 2],
    )
  })

  test('below a branch, which has the others beside it', () => {
    const topology = build((_, orders) => {
      const { big } = orders.split({ name: 's-' }).branch('big', yes).default('rest')
      big.peek(nothing, { name: 'p' }).toSink(sink, { name: 'out' })
    })

    assert.deepEqual(chains(topology), { out: 'read[orders] > s- > s-big > s-rest > p (p)' })
    assert.deepEqual(inTasks(topology), [])
  })

  test('below a branch, while another one stays in the tasks with all that its split forwards to', () => {
    const topology = build((_, orders) => {
      const { big, rest } = orders.split({ name: 's-' }).branch('big', yes).default('rest')
      big.toSink(sink, { name: 'out' })
      rest.to('rest', { name: 'write' })
    })

    assert.deepEqual(chains(topology), { out: 'read[orders] > s- > s-big > s-rest (s-big)' })
    assert.deepEqual(inTasks(topology), ['read', 's-', 's-big', 's-rest', 'write'])
    const split = topology.externalSinks[0]?.nodes[1]
    assert.deepEqual(split?.children, ['s-big', 's-rest'])
  })

  test('below a `peek` of its own, beside other consumers of the topic', () => {
    const topology = build((_, orders) => {
      orders.peek(nothing, { name: 'p' }).toSink(sink, { name: 'out' })
      orders.groupByKey().count({ name: 'count', store: 'counts' })
    })

    assert.deepEqual(chains(topology), { out: 'read[orders] > p (p)' })
    assert.deepEqual(inTasks(topology), ['read', 'count'])
  })

  test('below a `peek` whose split has a branch that leads nowhere', () => {
    const topology = build((_, orders) => {
      const seen = orders.peek(nothing, { name: 'p' })
      const { big } = seen.split({ name: 's-' }).branch('big', yes).default('rest')
      big.toSink(sink, { name: 'out' })
    })

    assert.deepEqual(chains(topology), { out: 'read[orders] > p > s- > s-big > s-rest (s-big)' })
    assert.deepEqual(inTasks(topology), [])
  })

  test('when the topic is a table too, or matches a pattern', () => {
    const withTable = build((builder, orders) => {
      orders.toSink(sink, { name: 'out' })
      builder.table('orders', { ...text, name: 't', store: 'rows' })
    })
    const withPattern = build((builder, orders) => {
      orders.toSink(sink, { name: 'out' })
      builder.stream(/ord.*/, { ...text, name: 'pattern' })
    })

    assert.deepEqual(chains(withTable), { out: 'read[orders] (read)' })
    assert.deepEqual(inTasks(withTable), ['t-source', 't'])
    assert.deepEqual(chains(withPattern), { out: 'read[orders] (read)' })
    assert.deepEqual(inTasks(withPattern), ['pattern'])
  })
})

// prettier-ignore
const THROUGH_TOPIC: readonly (readonly [string, Define])[] = [
  ['below another key', (_, orders) => {
    orders.selectKey(upper, { key: serdes.string }).toSink(sink, { name: 'out' })
  }],
  ['below map', (_, orders) => {
    orders.map((k, v) => [k, v], text).toSink(sink, { name: 'out' })
  }],
  ['below an aggregation', (_, orders) => {
    orders.groupByKey().reduce((one) => one, { store: 's' }).toStream().toSink(sink, { name: 'out' })
  }],
  ['below a table', (builder) => {
    builder.table('rows', text).toStream().toSink(sink, { name: 'out' })
  }],
  ['below a join with a table', (builder, orders) => {
    const table = builder.table('rows', text)
    orders.join(table, (a) => a, { value: serdes.string }).toSink(sink, { name: 'out' })
  }],
  ['below a join with a global table', (builder, orders) => {
    const table = builder.globalTable('rows', text)
    const options = { key: (key: string) => key, value: serdes.string }
    orders.join(table, (a) => a, options).toSink(sink, { name: 'out' })
  }],
  ['below a processor', (_, orders) => {
    orders.process<string, string>(() => ({ process: nothing }), text).toSink(sink, { name: 'out' })
  }],
  ['below a processor of values', (_, orders) => {
    orders.processValues<string>(() => ({ process: nothing }), { value: serdes.string })
      .toSink(sink, { name: 'out' })
  }],
  ['below a repartition', (_, orders) => {
    orders.repartition({ name: 'r' }).toSink(sink, { name: 'out' })
  }],
  ['below dedup', (_, orders) => {
    orders.dedup({ within: 1000, grace: 0, id: upper }).toSink(sink, { name: 'out' })
  }],
  ['below a pattern of topics', (builder) => {
    builder.stream(/in-.*/, text).mapValues(upper, { value: serdes.string }).toSink(sink, { name: 'out' })
  }],
  ['below records that were dropped', (builder) => {
    builder.stream('in', {
      ...text,
      dropped: (late) => {
        late.mapValues(({ value }) => value, { value: serdes.nullable(serdes.string) })
          .toSink(unreadSink<string | null, string | null>(), { name: 'out' })
      },
    })
  }],
  ['when it is told to', (_, orders) => {
    orders.mapValues(upper, { value: serdes.string })
      .toSink(sink, { name: 'out', through: 'internal-topic' })
  }],
  ['below a `peek` that leads to a topic too', (_, orders) => {
    const seen = orders.peek(nothing)
    seen.filter(yes).toSink(sink, { name: 'out' })
    seen.to('copies')
  }],
  ['below a `peek` that leads to a `foreach` too', (_, orders) => {
    const seen = orders.peek(nothing)
    seen.toSink(sink, { name: 'out' })
    seen.foreach(nothing)
  }],
  ['below a `peek` that leads to an aggregation with branches that lead nowhere', (_, orders) => {
    const seen = orders.peek(nothing)
    seen.toSink(sink, { name: 'out' })
    seen.groupByKey().count({ store: 's' }).toStream().split().branch('a', yes).noDefault()
  }],
  ['below a `peek` that leads to another split', (_, orders) => {
    const seen = orders.peek(nothing)
    seen.toSink(sink, { name: 'out' })
    seen.split().branch('a', yes).noDefault()
  }],
  ['below a `peek` that leads to two sinks', (_, orders) => {
    const seen = orders.peek(nothing).mapValues(upper, { value: serdes.string })
    seen.toSink(sink, { name: 'out' })
    seen.toSink(sink, { name: 'out-2' })
  }],
]

describe('a sink has a topic of its own', () => {
  for (const [title, define] of THROUGH_TOPIC) {
    test(title, () => {
      const topology = build(define)

      assert.equal(chains(topology)['out'], 'out-sink-source[out-sink] (out-sink-source)')
      assert.equal(topology.repartitionTopics.has('out-sink'), true)
      const writing = topology.subtopologies.filter(({ writesInternal }) =>
        writesInternal.includes('out-sink'),
      )
      assert.equal(writing.length, 1)
    })
  }

  test('with a purge, the partitions of what is upstream, and the serdes of the stream', () => {
    const topology = build((_, orders) => {
      orders.selectKey((_k, value) => value.length, { key: serdes.integer })
        .toSink(unreadSink<number, string>(), { name: 'out' })
    }) // prettier-ignore

    assert.deepEqual(topology.repartitionTopics.get('out-sink'), {
      name: 'out-sink',
      partitions: undefined,
      config: {
        'cleanup.policy': 'delete',
        'message.timestamp.type': 'CreateTime',
        'retention.ms': '-1',
        'segment.bytes': '52428800',
      },
    })
    const written = topology.subtopologies[0]?.nodes.at(-1)
    const read = topology.externalSinks[0]?.nodes[0]
    assert.ok(written?.kind === 'sink' && read?.kind === 'source')
    assert.deepEqual([written.name, written.topic], ['out-sink', 'out-sink'])
    assert.deepEqual([written.keySerde, written.valueSerde], [serdes.integer, serdes.string])
    assert.deepEqual([read.keySerde, read.valueSerde], [serdes.integer, serdes.string])
    assert.equal(read.autoOffsetReset, 'earliest')
  })

  test('with the serdes and the partitioner of the options', () => {
    const key = serdes.nullable(serdes.integer)
    const value = serdes.nullable(serdes.string)
    const partitioner = (): number => 0
    const topology = build((_, orders) => {
      orders
        .map<number | null, string | null>((k, v) => [k.length, v])
        .toSink(unreadSink(), { name: 'out', key, value, partitioner })
    })
    const written = topology.subtopologies[0]?.nodes.at(-1)

    assert.ok(written?.kind === 'sink')
    assert.deepEqual([written.keySerde, written.valueSerde], [key, value])
    assert.equal(written.partitioner, partitioner)
  })
})
