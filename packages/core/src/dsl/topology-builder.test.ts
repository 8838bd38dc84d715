import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Processor, ProcessorSupplier } from '../processor/processor.ts'
import { withStores } from '../processor/with-stores.ts'
import { serdes } from '../serde/serdes.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { stores } from '../state/stores.ts'
import { HAND_BUILT } from '../topology/describe-hand-built.testkit.ts'
import { TopologyBuilder } from '../topology/topology-builder.ts'
import type { Topology } from '../topology/topology-node.ts'
import { StreamsBuilder } from './streams-builder.ts'

const text = { key: serdes.string, value: serdes.string }
const store = (name: string): StoreBuilder => stores.keyValue(name, text)
const forwardAll = (): Processor<unknown, unknown, never, never> => ({ process: () => undefined })

const bringing: ProcessorSupplier<string, string, never, never> = withStores(
  [store('brought')],
  forwardAll,
)

const cases: Record<string, () => Topology> = {
  alone: () => {
    const builder = new TopologyBuilder()
    const words = builder.addSource('words', ['in-a', 'in-b'], text)
    const count = builder.addProcessor('count all', forwardAll, { parents: [words] })
    const trim = builder.addProcessor('trim', forwardAll, { parents: [words, count] })
    builder.addStateStore(store('counts'), count)
    builder.addSink('out', 'out', { parents: [trim, 'count all'], ...text })
    builder.addSink('dynamic', () => 'x', { parents: [trim], ...text })
    return builder.build()
  },
  'shared store': () => {
    const builder = new TopologyBuilder()
    builder.addSource('a', 'a', text)
    builder.addSource('b', 'b', text)
    builder.addSource('c', /c-.*/, text)
    builder.addProcessor('pa', forwardAll, { parents: ['a'] })
    builder.addProcessor('pb', forwardAll, { parents: ['b'] })
    builder.addProcessor('pc', forwardAll, { parents: ['c'], stores: [store('own')] })
    builder.addStateStore(store('shared'), 'pb').connectProcessorAndStateStores('pa', 'shared')
    return builder.build()
  },
  'on top of the DSL': () => {
    const streams = new StreamsBuilder()
    streams
      .stream('in', text)
      .selectKey((_, value) => value, { key: serdes.string })
      .groupByKey(text)
      .count({ store: 'counts' })
    const builder = new TopologyBuilder(streams.build())
    const aggregate = 'KSTREAM-AGGREGATE-0000000002'
    const watch = builder.addProcessor('watch', forwardAll, {
      parents: [aggregate],
      stores: ['counts'],
    })
    const more = builder.addSource('more', 'more', text)
    builder.addProcessor('read', forwardAll, { parents: [more], stores: ['counts'] })
    builder.addSink('watched', 'watched', { parents: [watch], ...text })
    return builder.build()
  },
  'a supplier that brings a store': () => {
    const builder = new TopologyBuilder()
    builder.addSource('s', 'in', text)
    builder.addProcessor('p', bringing, { parents: ['s'] })
    return builder.build()
  },
  'process with a store that the supplier brings': () => {
    const streams = new StreamsBuilder()
    streams.stream('in', text).process(bringing)
    return streams.build()
  },
  'global and read-only stores': () => {
    const builder = new TopologyBuilder()
    const processor = forwardAll
    builder
      .addGlobalStore(store('everywhere'), {
        topic: 'all',
        ...text,
        source: 'read all',
        name: 'keep all',
        processor,
      })
      .addReadOnlyStateStore(store('rows'), {
        topic: 'rows',
        ...text,
        source: 'read rows',
        name: 'keep rows',
        processor,
      })
    const source = builder.addSource('in', 'in', text)
    const lookUp = builder.addProcessor('look up', forwardAll, {
      parents: [source],
      stores: ['rows'],
    })
    builder.addSink('out', 'out', { parents: [lookUp], ...text })
    return builder.build()
  },
}

describe('what is built by hand is described as in Kafka Streams', () => {
  for (const [name, build] of Object.entries(cases)) {
    test(name, () => {
      assert.equal(build().describe(), HAND_BUILT[name])
    })
  }

  test('every recorded description has a case', () => {
    assert.deepEqual(Object.keys(cases), Object.keys(HAND_BUILT))
  })
})

/** The problems of a topology that does not build. */
function problemsOf(add: (builder: TopologyBuilder) => unknown): string {
  const builder = new TopologyBuilder()
  builder.addSource('s', 'in', text)
  add(builder)
  try {
    builder.build()
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_TOPOLOGY'))
    return error.message
  }
  return 'none'
}

const refusals: readonly (readonly [
  string,
  (builder: TopologyBuilder, parents: { readonly parents: readonly ['s'] }) => unknown,
  string,
])[] = [
  [
    'a child of a sink',
    (b, parents) => {
      b.addSink('k', 'out', { ...parents, ...text })
      b.addProcessor('p', forwardAll, { parents: ['k'] })
    },
    "p: the sink 'k' forwards nothing",
  ],
  [
    'a node without parents',
    (b) => b.addProcessor('p', forwardAll, { parents: [] }),
    'p: has no parent',
  ],
  [
    'a node below itself',
    (b) => b.addProcessor('p', forwardAll, { parents: ['p'] }),
    "p: there is no parent 'p' before it",
  ],
  [
    'a name twice',
    (b, parents) => b.addProcessor('s', forwardAll, parents),
    's: another operator already has this name',
  ],
  [
    'an empty name',
    (b, parents) => b.addProcessor('', forwardAll, parents),
    ': a name must not be empty',
  ],
  [
    'two stores of one name',
    (b, parents) => {
      b.addProcessor('p', forwardAll, { ...parents, stores: [store('x'), store('x')] })
    },
    "p: another store already has the name 'x'",
  ],
  [
    'a store for a source',
    (b) => b.addStateStore(store('x'), 's'),
    "store 'x': there is no processor 's' to connect it to",
  ],
  [
    'a store that is not there',
    (b, parents) => b.addProcessor('p', forwardAll, { ...parents, stores: ['x'] }),
    "p: there is no store 'x'",
  ],
  [
    'no store to connect',
    (b) => b.connectProcessorAndStateStores('s'),
    's: there is no store to connect',
  ],
  ['a topic twice', (b) => b.addSource('t', 'in', text), "t: topic 'in' is already read by s"],
  [
    'a pattern that matches a topic that is read',
    (b) => b.addSource('t', /i.*/, text),
    "t: topic 'in' is already read by s",
  ],
  [
    'a topic with a name that Kafka refuses',
    (b) => b.addSource('t', 'a b', text),
    "t: the name 'a b' has a character other than letters, digits, '.', '_' and '-'",
  ],
]

describe('a topology that is built by hand is refused for', () => {
  for (const [name, add, problem] of refusals) {
    test(name, () => {
      const problems = problemsOf((builder) => add(builder, { parents: ['s'] }))
      assert.equal(problems, `Invalid topology: ${problem}`)
    })
  }

  test('all that is wrong, at once', () => {
    const problems = problemsOf((builder) => {
      builder.addProcessor('a', forwardAll, { parents: [] })
      builder.addProcessor('b', forwardAll, { parents: ['c'] })
    })
    const expected = "Invalid topology: a: has no parent; b: there is no parent 'c' before it"
    assert.equal(problems, expected)
  })

  test('no source at all', () => {
    assert.throws(() => new TopologyBuilder().build(), {
      message:
        'Invalid topology: the topology reads nothing: call stream(), table() or addSource()',
    })
  })
})

test('a store may come after the processor that it is connected to by name', () => {
  const builder = new TopologyBuilder()
  builder.addSource('s', 'in', text)
  builder.addProcessor('p', forwardAll, { parents: ['s'], stores: ['late'] })
  builder.addStateStore(store('late'))
  const [part] = builder.build().subtopologies
  assert.deepEqual(
    part?.stores.map(({ name }) => name),
    ['late'],
  )
})

test('a topology that was gone on from stays as it is, and so does one that was built', () => {
  const streams = new StreamsBuilder()
  streams.stream('in', text).to('out')
  const base = streams.build()
  const before = base.describe()
  const builder = new TopologyBuilder(base)
  builder.addSink('first', 'first', { parents: ['KSTREAM-SOURCE-0000000000'], ...text })
  const first = builder.build()
  const described = first.describe()
  builder.addSink('second', 'second', { parents: ['KSTREAM-SOURCE-0000000000'], ...text })
  const second = new TopologyBuilder(builder.build())
  second.addSink('third', 'third', { parents: ['KSTREAM-SOURCE-0000000000'], ...text })
  assert.match(second.build().describe(), /first, second, third/)
  assert.equal(base.describe(), before)
  assert.equal(first.describe(), described)
})

test('what a topology knows of internal topics and changelogs goes along', () => {
  const streams = new StreamsBuilder()
  const rows = streams.table('rows', { ...text, store: 'rows' })
  const rekeyed = streams.stream('in', text).selectKey((_, value) => value, { key: serdes.string })
  rekeyed.join(rows, (left, right) => left + right, { ...text, name: 'joined' }).to('out')
  const base = streams.build({ optimization: 'all' })
  const topology = new TopologyBuilder(base).build()
  assert.deepEqual(topology.repartitionTopics, base.repartitionTopics)
  const parts = ({ subtopologies }: Topology): unknown =>
    subtopologies.map(({ copartitioned, sourceChangelogs, writesInternal }) => {
      return { copartitioned, sourceChangelogs, writesInternal }
    })
  assert.deepEqual(parts(topology), parts(base))
})

test('only a topology that was built can be gone on from', () => {
  const streams = new StreamsBuilder()
  streams.stream('in', text)
  const copy = { ...streams.build() }
  assert.throws(() => new TopologyBuilder(copy), /^TypeError: not a topology that build\(\) gave$/)
})

test('the types of what parents forward must be those of the processor or sink', () => {
  const builder = new TopologyBuilder()
  const source = builder.addSource('s', 'in', { key: serdes.string, value: serdes.long })
  const lengths = (): Processor<string, number, string, string> => ({
    process: (record, context) => context.forward(record.withValue(String(record.value))),
  })
  const words = builder.addProcessor('lengths', lengths, { parents: [source] })
  builder.addSink('k', 'out', { parents: [words], ...text })
  // @ts-expect-error the processor gets numbers, and its parent forwards text
  builder.addProcessor('again', lengths, { parents: [words] })
  // @ts-expect-error the serde is of numbers, and the parent forwards text
  builder.addSink('wrong', 'out', { parents: [words], key: serdes.string, value: serdes.long })
  builder.addProcessor('by name', lengths, { parents: ['lengths'] })
})

test('a store of a topic is restored from that topic', () => {
  const topology = cases['global and read-only stores']?.()
  assert.deepEqual(
    topology?.subtopologies.flatMap(({ sourceChangelogs }) => sourceChangelogs),
    [{ store: 'rows', source: 'read rows', topic: 'rows', serdes: undefined }],
  )
})
