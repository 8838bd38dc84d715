import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Serde, deserializeNullable, serializeNullable } from '../serde/serde.ts'
import { serdes } from '../serde/serdes.ts'
import { stores } from '../state/stores.ts'
import { TopologyRunner } from '../topology/topology-runner.testkit.ts'
import { StreamsBuilder } from './streams-builder.ts'
import { untilTimeLimit } from './suppressed.ts'

const text = { key: serdes.string, value: serdes.string }
const counted = { key: serdes.string, value: serdes.long }

type Pair = readonly [key: string | null, value: string | null, timestampMs?: number]

/** What comes out of `out` for these records into `in`, as `key=value@timestamp`. */
function run<V>(
  define: (builder: StreamsBuilder) => void,
  input: readonly Pair[],
  value: Serde<V>,
): { readonly out: readonly string[]; readonly runner: TopologyRunner } {
  const builder = new StreamsBuilder()
  define(builder)
  const runner = new TopologyRunner(builder.build())
  for (const [key, content, timestampMs = 1] of input) {
    runner.pipe({
      topic: 'in',
      key: serializeNullable(serdes.string, key, 'in'),
      value: serializeNullable(serdes.string, content, 'in'),
      timestampMs,
    })
  }
  const out = runner.produced.filter(({ topic }) => topic === 'out')
  const shown = out.map((record) => {
    const key = deserializeNullable(serdes.string, record.key, 'out')
    const content = deserializeNullable(value, record.value, 'out')
    return `${String(key)}=${String(content)}@${record.timestampMs}`
  })
  return { out: shown, runner }
}

test('words are counted behind a repartition topic', () => {
  const { out } = run(
    (builder) => {
      builder
        .stream('in', text)
        .flatMapValues((line) => line.split(' '), text)
        .groupBy((_, word) => word, text)
        .count({ store: 'counts' })
        .toStream()
        .to('out')
    },
    [
      ['1', 'a b', 10],
      ['2', 'b', 5],
    ],
    serdes.long,
  )

  assert.deepEqual(out, ['a=1@10', 'b=1@10', 'b=2@10'])
})

test('a null key is dropped before a repartition topic, and not counted', () => {
  const { out, runner } = run(
    (builder) => {
      builder.stream('in', text).repartition().to('out')
    },
    [
      [null, 'x'],
      ['a', 'y'],
    ],
    serdes.string,
  )

  assert.deepEqual(out, ['a=y@1'])
  assert.deepEqual(runner.dropped, [])
})

test('a stream that kept its key is grouped without a repartition topic', () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', text)
    .mapValues((value) => value.length, counted)
    .groupByKey()
    .reduce((sum, length) => sum + length)

  assert.equal(builder.build().repartitionTopics.size, 0)
})

test('a row that moves to another group is taken out of the old one first', () => {
  const { out } = run(
    (builder) => {
      builder
        .table('in', text)
        .groupBy((name, group) => [group, name], text)
        .aggregate({
          init: () => '',
          adder: (_group, name, members) => members + name,
          subtractor: (_group, name, members) => members.replace(name, ''),
          value: serdes.string,
        })
        .toStream()
        .to('out')
    },
    [
      ['x', 'g'],
      ['y', 'g'],
      ['x', 'h'],
      ['y', null],
    ],
    serdes.string,
  )

  assert.deepEqual(out, ['g=x@1', 'g=xy@1', 'g=y@1', 'h=x@1', 'g=@1'])
})

test('branches take what their predicates hold for, first come first served', () => {
  const { out } = run(
    (builder) => {
      const { long, short } = builder
        .stream('in', text)
        .split()
        .branch('long', (_, value) => value.length > 3)
        .branch('any', (_, value) => value.startsWith('a'))
        .default('short')
      long.mapValues((value) => `long ${value}`).to('out', text)
      short.mapValues((value) => `short ${value}`).to('out', text)
    },
    [
      ['1', 'abcd'],
      ['2', 'ab'],
      ['3', 'b'],
    ],
    serdes.string,
  )

  assert.deepEqual(out, ['1=long abcd@1', '3=short b@1'])
})

test('a processor reads and writes the stores that it was given', () => {
  const seen = stores.keyValue('seen', text)
  const { out } = run(
    (builder) => {
      builder
        .stream('in', text)
        .processValues(
          () => ({
            process(record, context) {
              const before = context.getStateStore(seen).putIfAbsent(record.key, record.value)
              return context.forward(record.withValue(before ?? 'first'))
            },
          }),
          { value: serdes.string, stores: [seen] },
        )
        .to('out')
    },
    [
      ['a', 'x'],
      ['a', 'y'],
    ],
    serdes.string,
  )

  assert.deepEqual(out, ['a=first@1', 'a=x@1'])
})

test('a function names the topic of each record', () => {
  const { out } = run(
    (builder) => {
      builder.stream('in', text).to((key) => (key === 'a' ? 'out' : 'other'))
    },
    [
      ['a', 'x'],
      ['b', 'y'],
    ],
    serdes.string,
  )

  assert.deepEqual(out, ['a=x@1'])
})

test('only a store with a name of the user’s can be queried', () => {
  const table = new StreamsBuilder().table('in', { ...text, store: 'rows' })

  assert.equal(table.queryableStoreName, 'rows')
  assert.equal(table.filter(() => true).queryableStoreName, undefined)
  assert.equal(table.mapValues((v) => v, { ...text, store: 'm' }).queryableStoreName, 'm')
})

test('default serdes stand in where none is given', () => {
  const define = (builder: StreamsBuilder): void => {
    const rows = builder.table('in', text)
    const pairs = rows.join(rows, (left, right) => ({ left, right }))
    pairs.suppress(untilTimeLimit(0)).toStream().to('out', { key: serdes.string })
  }
  const bare = new StreamsBuilder()
  define(bare)
  assert.throws(() => bare.build(), /no value serde/)

  const builder = new StreamsBuilder({ defaultValueSerde: serdes.json() })
  define(builder)
  const runner = new TopologyRunner(builder.build())
  runner.pipe({ topic: 'in', key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 1 })
  const [record] = runner.produced.filter(({ topic }) => topic === 'out')
  assert.equal(Buffer.from(record?.value ?? []).toString(), '{"left":"v","right":"v"}')
})

test('default serdes stand in for stores of tables, too', () => {
  const define = (builder: StreamsBuilder): void => {
    const rows = builder.table('in', text)
    const lengths = rows.mapValues((value) => value.length, { store: 'lengths' })
    rows
      .transformValues(() => ({ transform: () => 1 }), { store: 'ones' })
      .join(lengths, (one, length) => one + length, { store: 'sums' })
      .join(lengths, (sum, length) => sum * length, { foreignKey: String, store: 'products' })
      .ttl('1 day', { by: 'event-time', store: 'kept' })
  }
  const bare = new StreamsBuilder()
  define(bare)
  assert.throws(
    () => bare.build(),
    ({ message }: Error) =>
      ['lengths', 'ones', 'sums', 'products', 'kept'].every((store) =>
        message.includes(`no value serde for the store '${store}'`),
      ),
  )

  const builder = new StreamsBuilder({ defaultValueSerde: serdes.json() })
  define(builder)
  assert.equal(builder.build().subtopologies.length, 1)
})
