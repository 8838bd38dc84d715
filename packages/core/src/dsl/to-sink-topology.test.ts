import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { TopologyBuilder } from '../topology/topology-builder.ts'
import type { Topology } from '../topology/topology-node.ts'
import {
  build,
  chains,
  type Define,
  inTasks,
  nothing,
  problems,
  sink,
  text,
  upper,
  yes,
} from './to-sink.testkit.ts'
import { unreadSink } from './unread-sink.testkit.ts'

describe('what is in the tasks', () => {
  const rest: Define = (_, orders) => {
    const big = orders.filter(yes)
    big.groupBy(upper, text).count({ store: 'counts' }).toStream().to('counts-out', { value: serdes.long })
    big.mapValues(upper, { value: serdes.string }).to('copies')
  } // prettier-ignore

  test('has the names and the numbers that it has without sinks', () => {
    const plain = build(rest)
    const withSinks = build((builder, orders) => {
      orders.peek(nothing, { name: 'look' }).toSink(sink, { name: 'direct' })
      orders.toSink(sink, { name: 'first' })
      rest(builder, orders)
      orders.toSink(sink, { name: 'last' })
    })
    // `peek` uses up a number wherever it runs; the comparison has one as well.
    const peeked = build((builder, orders) => {
      orders.peek(nothing, { name: 'look' })
      rest(builder, orders)
    })
    const numbered = (topology: Topology): readonly string[] =>
      inTasks(topology).filter((name) => name !== 'look')

    assert.deepEqual(numbered(withSinks), numbered(peeked))
    assert.deepEqual(
      withSinks.subtopologies.map(({ id }) => id),
      plain.subtopologies.map(({ id }) => id),
    )
  })

  for (const optimization of ['none', 'all'] as const) {
    test(`is the same with sinks as without them: optimization ${optimization}`, () => {
      const plain = build(rest, { optimization })
      const withSink = build(
        (builder, orders) => {
          rest(builder, orders)
          orders.filter(yes, { name: 'also' }).toSink(sink, { name: 'out' })
        },
        { optimization },
      )

      assert.deepEqual(chains(withSink), { out: 'read[orders] > also (also)' })
      assert.ok(withSink.describe().startsWith(plain.describe()))
    })
  }

  test('is optimised around a sink that has a topic', () => {
    const define: Define = (_, orders) => {
      const keyed = orders.selectKey(upper, { key: serdes.string, name: 'keyed' })
      keyed.groupByKey({ name: 'a' }).count({ store: 'a', name: 'count-a' })
      keyed.toSink(sink, { name: 'out' })
      keyed.groupByKey({ name: 'b' }).count({ store: 'b', name: 'count-b' })
    }
    const topology = build(define, { optimization: 'all' })

    assert.deepEqual([...topology.repartitionTopics.keys()].sort(), ['a-repartition', 'out-sink'])
    const keyed = topology.subtopologies[0]?.nodes.find(({ name }) => name === 'keyed')
    assert.deepEqual([...(keyed?.children ?? [])].sort(), ['a-repartition-filter', 'out-sink'])
    assert.deepEqual(chains(topology), { out: 'out-sink-source[out-sink] (out-sink-source)' })
  })
})

test('options that are the runtime’s are handed on as they are', () => {
  const options = { batch: { maxRecords: 5 }, deadLetterTopic: 'dead', onRejected: 'drop' } as const
  const topology = build((_, orders) => {
    orders.toSink(sink, { name: 'out', through: 'auto', key: serdes.string, ...options })
  })

  assert.deepEqual(topology.externalSinks[0]?.options, options)
})

test('a processor wrapper wraps what is before a sink, but gives it no store', () => {
  const wrapped: string[] = []
  const topology = build(
    (_, orders) => {
      orders.filter(yes, { name: 'f' }).toSink(sink, { name: 'out' })
    },
    {
      processorWrapper: (operator, supplier) => {
        wrapped.push(operator)
        return supplier
      },
    },
  )
  assert.deepEqual([wrapped, chains(topology)], [['f'], { out: 'read[orders] > f (f)' }])

  const store = stores.keyValue('seen', text)
  const found = problems(
    (_, orders) => {
      orders.filter(yes, { name: 'f' }).toSink(sink, { name: 'out' })
    },
    { processorWrapper: (_, own) => Object.assign(() => own(), { stores: [store] }) },
  )
  assert.equal(
    found,
    "f: the processor wrapper gives it a store, and there are none before the sink 'out'; " +
      "give toSink() the option `through: 'internal-topic'`",
  )
})

test('a topology builder goes on from one with sinks', () => {
  const base = build((_, orders) => {
    orders.filter(yes, { name: 'f' }).toSink(sink, { name: 'out' })
  })
  const topology = new TopologyBuilder(base).build()
  assert.deepEqual(chains(topology), { out: 'read[orders] > f (f)' })

  const clash = new TopologyBuilder(base)
  clash.addSource('f', 'words', text)
  assert.throws(() => clash.build(), /f: another operator already has this name/)
})

describe('build() refuses', () => {
  test('two sinks with one name', () => {
    const found = problems((_, orders) => {
      orders.toSink(sink, { name: 'out' })
      orders.mapValues(upper).toSink(sink, { name: 'out' })
    })

    assert.equal(found, 'out: another operator already has this name')
  })

  test('a sink with the name of an operator, and operators with one name, wherever they run', () => {
    assert.equal(
      problems((_, orders) => {
        orders.toSink(sink, { name: 'read' })
      }),
      'read: another operator already has this name',
    )
    assert.equal(
      problems((_, orders) => {
        orders.filter(yes, { name: 'x' }).toSink(sink, { name: 'out' })
        orders.filter(yes, { name: 'x' }).foreach(nothing, { name: 'x' })
      }),
      'x: another operator already has this name; x: another operator already has this name',
    )
    assert.equal(
      problems((_, orders) => {
        orders.filter(yes, { name: 'x' }).filter(yes, { name: 'x' }).toSink(sink, { name: 'out' })
      }),
      'x: another operator already has this name',
    )
  })

  test('names that Kafka would not take', () => {
    const found = problems((builder) => {
      builder.stream('bad topic', { ...text, name: 's' }).toSink(sink, {
        name: 'no/good',
        deadLetterTopic: '',
      })
    })

    assert.equal(
      found,
      "s: the name 'bad topic' has a character other than letters, digits, '.', '_' and '-'; " +
        'no/good: deadLetterTopic: a name must not be empty; ' +
        "no/good: the name 'no/good' has a character other than letters, digits, '.', '_' and '-'",
    )
  })

  test('a topic of a sink without serdes', () => {
    const found = problems((_, orders) => {
      orders.map((k, v) => [k, v]).toSink(sink, { name: 'out' })
    })

    assert.equal(
      found,
      "out: no key serde for the topic 'out-sink'; give the option `key`; " +
        "out: no value serde for the topic 'out-sink'; give the option `value`",
    )
  })

  test('no serdes that are not needed', () => {
    const found = problems((_, orders) => {
      orders.mapValues(upper).toSink(sink, { name: 'out' })
    })

    assert.equal(found, 'none')
  })
})

test('describe() has a part for each sink, after the others', () => {
  const topology = build((_, orders) => {
    const keyed = orders.selectKey(upper, { key: serdes.string, name: 'keyed' })
    keyed.toSink(unreadSink('http'), { name: 'hooks' })
    orders.filter(yes, { name: 'big' }).toSink(sink, { name: 'rows' })
  })

  assert.equal(
    topology.describe(),
    `Topologies:
   Sub-topology: 0
    Source: read (topics: [orders])
      --> keyed
    Processor: keyed (stores: [])
      --> hooks-sink
      <-- read
    Sink: hooks-sink (topic: hooks-sink)
      <-- keyed

  Sub-topology: 1 for external sink (will not generate tasks)
    Source: hooks-sink-source (topics: [hooks-sink])
      --> hooks
    External sink: hooks (kind: http)
      <-- hooks-sink-source

  Sub-topology: 2 for external sink (will not generate tasks)
    Source: read (topics: [orders])
      --> big
    Processor: big (stores: [])
      --> rows
      <-- read
    External sink: rows (kind: jdbc)
      <-- big

`,
  )
})

test('the chart has a frame a sink, and the target outside of it', () => {
  const topology = build((_, orders) => {
    orders.filter(yes, { name: 'big' }).toSink(sink, { name: 'rows' })
    orders.map((k, v) => [k, v], { ...text, name: 'keyed' }).toSink(sink, { name: 'keyed-rows' })
  })

  assert.equal(
    topology.toMermaid(),
    `flowchart TD
  topic3(["orders"])
  topic4(["keyed-rows-sink"])
  target7{{"jdbc rows"}}
  target9{{"jdbc keyed-rows"}}
  subgraph sub0["Sub-topology 0"]
    node0[/"read"/]
    node1["keyed"]
    node2[/"keyed-rows-sink"/]
  end
  subgraph sub1["External sink 1"]
    node5[/"read"/]
    node6["big"]
  end
  subgraph sub2["External sink 2"]
    node8[/"keyed-rows-sink-source"/]
  end
  node0 --> node1
  topic3 --> node0
  node1 --> node2
  node2 --> topic4
  node5 --> node6
  topic3 --> node5
  node6 --> target7
  topic4 --> node8
  node8 --> target9
`,
  )
})
