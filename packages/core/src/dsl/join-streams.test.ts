import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DropReason } from '../processor/processor.ts'
import { serdes } from '../serde/serdes.ts'
import { type JoinBounds, joinWindows } from '../time/join-windows.ts'
import { TopologyRunner } from '../topology/topology-runner.testkit.ts'
import type { KStream } from './kstream.ts'
import type { JoinKind } from './stream-join-names.ts'
import { StreamsBuilder } from './streams-builder.ts'

type Text = string | null

const text = { key: serdes.string, value: serdes.string }
const both = (left: Text, right: Text): string => `${left}+${right}`
const bytes = (value: Text): Buffer | null => (value === null ? null : Buffer.from(value))

function joined(
  kind: JoinKind,
  left: KStream<string, string>,
  right: KStream<string, string>,
  within: ReturnType<typeof joinWindows>,
): KStream<string, string> {
  const options = { within, value: serdes.string }
  if (kind === 'inner') return left.join(right, both, options)
  return kind === 'left'
    ? left.leftJoin(right, both, options)
    : left.outerJoin(right, both, options)
}

/** A join of `left` and `right`; what comes out is text: key, value, timestamp. */
class Bed {
  readonly #runner: TopologyRunner

  constructor(kind: JoinKind, within: number | JoinBounds = 10, grace = 0) {
    const builder = new StreamsBuilder()
    const [left, right] = [builder.stream('left', text), builder.stream('right', text)]
    joined(kind, left, right, joinWindows(within, { grace })).to('out')
    this.#runner = new TopologyRunner(builder.build())
  }

  left(key: Text, value: Text, timestampMs: number): readonly string[] {
    return this.#pipe('left', key, value, timestampMs)
  }

  right(key: Text, value: Text, timestampMs: number): readonly string[] {
    return this.#pipe('right', key, value, timestampMs)
  }

  get dropped(): readonly DropReason[] {
    return this.#runner.dropped
  }

  #pipe(topic: string, key: Text, value: Text, timestampMs: number): readonly string[] {
    const headers = [{ key: 'h', value: bytes(value) }]
    this.#runner.pipe({ topic, key: bytes(key), value: bytes(value), timestampMs, headers })
    return this.#runner.produced
      .splice(0)
      .map((out) => `${String(out.key)} ${String(out.value)} @${out.timestampMs}`)
  }
}

describe('an inner join', () => {
  test('gives a result for each pair within the window, at the larger time', () => {
    const bed = new Bed('inner', { before: 5, after: 10 })
    assert.deepEqual(bed.left('a', '1', 100), [])
    assert.deepEqual(bed.right('a', 'x', 94), [])
    assert.deepEqual(bed.right('a', 'y', 95), ['a 1+y @100'])
    assert.deepEqual(bed.right('a', 'z', 110), ['a 1+z @110'])
    assert.deepEqual(bed.right('a', 'w', 111), [])
    assert.deepEqual(bed.right('b', 'v', 100), [])
  })

  test('gives the matches of a record in the order of their times, then of their coming', () => {
    const bed = new Bed('inner')
    bed.left('a', '1', 7)
    bed.left('a', '2', 3)
    bed.left('a', '3', 7)
    assert.deepEqual(bed.right('a', 'x', 5), ['a 2+x @5', 'a 1+x @7', 'a 3+x @7'])
  })

  test('may look to one side only', () => {
    const bed = new Bed('inner', { before: '-2 ms', after: 4 }, 100)
    bed.left('a', '1', 100)
    assert.deepEqual(bed.right('a', 'x', 101), [])
    assert.deepEqual(bed.right('a', 'y', 102), ['a 1+y @102'])
    assert.deepEqual(bed.right('a', 'z', 104), ['a 1+z @104'])
    assert.deepEqual(bed.left('a', '2', 99), ['a 2+x @101', 'a 2+y @102'])
  })

  test('drops records without a key or a value, and counts each once', () => {
    const bed = new Bed('inner')
    bed.left('a', '1', 7)
    for (const [key, value] of [
      [null, 'x'],
      ['a', null],
      [null, null],
    ] as const) {
      assert.deepEqual(bed.right(key, value, 7), [])
    }
    assert.deepEqual(bed.dropped, ['null-key', 'null-value', 'null-key'])
  })

  test('joins a late record with what the other side still has, and counts it when it cannot be kept', () => {
    const bed = new Bed('inner')
    bed.left('a', '1', 100)
    bed.left('b', '2', 200_000)
    bed.right('a', 'x', 200_000)
    bed.right('b', 'y', 199_990)
    assert.deepEqual(bed.left('b', '3', 199_980), ['b 3+y @199990'])
    assert.deepEqual(bed.dropped, [])
    assert.deepEqual(bed.left('b', '4', 100), [])
    assert.deepEqual(bed.dropped, ['late'])
  })
})

describe('a left join', () => {
  test('joins a record with null when its window and the grace are over', () => {
    const bed = new Bed('left', 10, 5)
    assert.deepEqual(bed.left('a', '1', 100), [])
    assert.deepEqual(bed.right('b', 'x', 115), [])
    assert.deepEqual(bed.right('b', 'y', 116), ['a 1+null @100'])
    assert.deepEqual(bed.right('b', 'z', 200), [])
  })

  test('has nothing to say of a record that has found a match', () => {
    const bed = new Bed('left')
    bed.left('a', '1', 100)
    bed.left('a', '2', 100)
    assert.deepEqual(bed.right('a', 'x', 105), ['a 1+x @105', 'a 2+x @105'])
    assert.deepEqual(bed.left('b', '3', 500), [])
  })

  test('joins a record at once whose window is past, and with later matches all the same', () => {
    const bed = new Bed('left', 5, 20)
    bed.right('z', 'x', 30)
    assert.deepEqual(bed.left('a', '1', 14), ['a 1+null @14'])
    assert.deepEqual(bed.right('a', 'y', 12), ['a 1+y @14'])
  })

  test('joins a record without a key with null at once; the right side drops one', () => {
    const bed = new Bed('left')
    assert.deepEqual(bed.left(null, '1', 100), ['null 1+null @100'])
    assert.deepEqual(bed.right(null, 'x', 100), [])
    assert.deepEqual(bed.left('a', null, 100), [])
    assert.deepEqual(bed.dropped, ['null-key', 'null-value'])
  })

  test('lets time pass with records that it drops, and releases at the next one', () => {
    const bed = new Bed('left')
    bed.left('a', '1', 100)
    assert.deepEqual(bed.right('b', null, 200), [])
    assert.deepEqual(bed.right('b', 'x', 199), [])
    assert.deepEqual(bed.right('b', 'x', 200), ['a 1+null @100'])
  })
})

describe('an outer join', () => {
  test('releases the records of both sides by time, with the headers of the one that let it pass', () => {
    const builder = new StreamsBuilder()
    const [left, right] = [builder.stream('left', text), builder.stream('right', text)]
    joined('outer', left, right, joinWindows(10, { grace: 0 })).to('out')
    const runner = new TopologyRunner(builder.build())
    for (const [topic, key, timestampMs] of [
      ['left', 'a', 100],
      ['right', 'b', 100],
      ['right', 'c', 90],
      ['left', 'd', 300],
    ] as const) {
      const headers = [{ key: 'of', value: bytes(key) }]
      runner.pipe({ topic, key: bytes(key), value: bytes('v'), timestampMs, headers })
    }
    const out = runner.produced.map(({ key, value, timestampMs, headers }) => [
      `${String(key)} ${String(value)} @${timestampMs}`,
      String(headers[0]?.value),
    ])
    assert.deepEqual(out, [
      ['c null+v @90', 'd'],
      ['b null+v @100', 'd'],
      ['a v+null @100', 'd'],
    ])
  })

  test('with after for the left and before for the right side', () => {
    const bed = new Bed('outer', { before: 20, after: 5 })
    bed.left('a', '1', 100)
    bed.right('b', 'x', 100)
    assert.deepEqual(bed.left('c', '2', 106), ['a 1+null @100'])
    assert.deepEqual(bed.left('c', '3', 120), ['c 2+null @106'])
    assert.deepEqual(bed.left('c', '4', 121), ['b null+x @100'])
  })
})

test('a stream that is joined with itself meets itself, and its neighbours in both roles', () => {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', text)
  joined('inner', stream, stream, joinWindows(10, { grace: 0 })).to('out')
  const runner = new TopologyRunner(builder.build())
  for (const [value, timestampMs] of [
    ['1', 10],
    ['2', 15],
  ] as const) {
    runner.pipe({ topic: 'in', key: bytes('a'), value: bytes(value), timestampMs })
  }
  assert.deepEqual(
    runner.produced.map(({ value }) => String(value)),
    ['1+1', '2+1', '1+2', '2+2'],
  )
})

describe('it does not build', () => {
  const build = (make: (builder: StreamsBuilder) => unknown): (() => unknown) => {
    const builder = new StreamsBuilder()
    return () => {
      make(builder)
      return builder.build()
    }
  }
  const within = joinWindows(10, { grace: 0 })

  test('of streams of different builders', () => {
    const other = new StreamsBuilder().stream('right', text)
    const left = new StreamsBuilder().stream('left', text)
    const problem = {
      name: 'TypeError',
      message: 'join: the streams belong to different builders',
    }
    assert.throws(() => left.join(other, both, { within }), problem)
    assert.throws(() => left.outerJoin(other, both, { within }), problem)
  })

  test('without the serdes that its stores need', () => {
    const make = build((b) => {
      const left = b.stream('left', text).mapValues((value) => value)
      left.join(b.stream('right', text), both, { within }).foreach(() => undefined)
    })
    assert.throws(make, {
      code: 'MR_TOPOLOGY',
      message:
        "Invalid topology: KSTREAM-WINDOWED-0000000003: no value serde for the store 'KSTREAM-JOINTHIS-0000000005-store'; give the option `value`",
    })
  })

  test('with repartition topics of different partition counts', () => {
    const make = build((b) => {
      const left = b.stream('left', text).repartition({ name: 'l', partitions: 2 })
      const right = b.stream('right', text).repartition({ name: 'r', partitions: 3 })
      left.join(right, both, { within }).foreach(() => undefined)
    })
    assert.throws(make, /different partition counts: l-repartition 2, r-repartition 3/)
  })

  test('with one store for both sides', () => {
    const store = { this: 'same', other: 'same' }
    const make = build((b) =>
      b.stream('left', text).join(b.stream('right', text), both, { within, store }),
    )
    assert.throws(make, /another store already has the name 'same'/)
  })
})

test('repartition topics of both sides are made equal, also that which several joins share', () => {
  const builder = new StreamsBuilder()
  const left = builder.stream('left', text).selectKey((key) => key, text)
  const within = joinWindows(10, { grace: 0 })
  for (const topic of ['a', 'b']) {
    left.join(builder.stream(topic, text), both, { within }).foreach(() => undefined)
  }
  const groups = builder.build().subtopologies.flatMap(({ copartitioned }) => copartitioned)
  assert.deepEqual(groups, [
    ['KSTREAM-KEY-SELECT-0000000001-repartition', 'a'],
    ['KSTREAM-KEY-SELECT-0000000001-repartition', 'b'],
  ])
})

test('a topic that is read twice is co-partitioned whichever stream of it is joined', () => {
  const builder = new StreamsBuilder()
  builder.stream('left', text).foreach(() => undefined)
  const within = joinWindows(10, { grace: 0 })
  builder
    .stream('left', text)
    .join(builder.stream('right', text), both, { within })
    .foreach(() => undefined)
  const groups = builder.build().subtopologies.flatMap(({ copartitioned }) => copartitioned)
  assert.deepEqual(groups, [['left', 'right']])
})

test('null keys reach an outer join through a repartition topic, and no inner one', () => {
  const out = (kind: JoinKind): readonly string[] => {
    const builder = new StreamsBuilder()
    const left = builder.stream('left', text).selectKey(() => null as never, text)
    joined(kind, left, builder.stream('right', text), joinWindows(10, { grace: 0 })).to('out')
    const runner = new TopologyRunner(builder.build())
    runner.pipe({ topic: 'left', key: bytes('k'), value: bytes('v'), timestampMs: 7 })
    return runner.produced.map(
      ({ topic, key, value }) => `${topic} ${String(key)} ${String(value)}`,
    )
  }
  assert.deepEqual(out('inner'), [])
  for (const kind of ['left', 'outer'] as const) {
    assert.deepEqual(out(kind), [
      'KSTREAM-KEY-SELECT-0000000001-repartition null v',
      'out null v+null',
    ])
  }
})
