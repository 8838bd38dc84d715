import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  agg,
  type AverageState,
  avg,
  collect,
  count,
  first,
  type KStream,
  type KTable,
  latest,
  max,
  min,
  serdes,
  session,
  StreamsBuilder,
  sum,
  tumbling,
  type Windowed,
} from '@millrace/core'
import { chooseSeed, repeatCommand, SeededRandom } from './contract/seeded-random.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

/*
 * Several aggregates in one step give what each of them gives alone: the same keys and times, in the same
 * order, also after aborts and restarts. What is alone is written with `count`, `reduce` and `aggregate`.
 */

const ROUNDS = 8
const STEPS = 60

interface Order {
  readonly price: number
  readonly at: string
}

const ORDER = { key: serdes.string, value: serdes.json<Order>() }
const IN_ALL = ['n', 'total', 'mean', 'low', 'top', 'head', 'last', 'some'] as const
const OF_TABLE = ['n', 'total', 'mean'] as const

const columns = {
  n: count(),
  total: sum((one: Order) => one.price),
  mean: avg((one: Order) => one.price),
  low: min((one: Order) => one.price),
  top: max((one: Order) => one.at),
  head: first<Order>(),
  last: latest<Order>(),
  some: collect<Order>(3),
}
const { n, total, mean } = columns

/** A column alone, as the functions of an `aggregate`. */
interface Alone<A> {
  readonly init: () => A
  readonly add: (key: string, value: Order, aggregate: A) => A
  readonly merge: (key: string, aggregate: A, later: A) => A
}

const TOTAL: Alone<number> = {
  init: () => 0,
  add: (_, { price }, all) => all + price,
  merge: (_, a, b) => a + b,
}
const MEAN: Alone<AverageState> = {
  init: () => ({ sum: 0, count: 0 }),
  add: (_, { price }, all) => ({ sum: all.sum + price, count: all.count + 1 }),
  merge: (_, a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }),
}
const LOW: Alone<number> = {
  init: () => Number.MAX_SAFE_INTEGER,
  add: (_, { price }, low) => Math.min(low, price),
  merge: (_, a, b) => Math.min(a, b),
}
const TOP: Alone<string> = {
  init: () => '',
  add: (_, { at }, top) => (at > top ? at : top),
  merge: (_, a, b) => (b > a ? b : a),
}
const SOME: Alone<readonly Order[]> = {
  init: () => [],
  add: (_, value, some) => [...some, value].slice(0, 3),
  merge: (_, a, b) => [...a, ...b].slice(0, 3),
}

/** The last value of a session that others are merged with. */
const pickLast = (_first: Order, last: Order): Order => last
const pickFirst = (head: Order): Order => head

/** A table of one kind of grouping, by the aggregation that makes it. */
interface Grouped<K> {
  readonly all: () => KTable<K, object>
  readonly count: () => KTable<K, number>
  readonly reduce: (reducer: (a: Order, b: Order) => Order) => KTable<K, Order>
  readonly aggregate: <A>(alone: Alone<A>) => KTable<K, A>
}

function write<K>(grouped: Grouped<K>, kind: string, name: (key: K) => string): void {
  const to = <V>(table: KTable<K, V>, topic: string): void => {
    const out: KStream<string, V> = table
      .toStream()
      .selectKey((key) => name(key), { key: serdes.string })
    out.to(`${kind}-${topic}`, { value: serdes.json<V>() })
  }
  to(grouped.all(), 'row')
  to(grouped.count(), 'n')
  to(grouped.aggregate(TOTAL), 'total')
  const means = grouped.aggregate(MEAN)
  to(
    means.mapValues((state) => state.sum / state.count),
    'mean',
  )
  to(grouped.aggregate(LOW), 'low')
  to(grouped.aggregate(TOP), 'top')
  to(grouped.reduce(pickFirst), 'head')
  to(grouped.reduce(pickLast), 'last')
  to(grouped.aggregate(SOME), 'some')
}

const windowName = ({ key, window }: Windowed<string>): string =>
  `${key}@${window.startMs}-${window.endMs}`

function addStreams(builder: StreamsBuilder): void {
  const grouped = builder.stream('in', ORDER).groupByKey()
  const plain = { value: serdes.json<never>() }
  write<string>(
    {
      all: () => grouped.aggregate(agg(columns)),
      count: () => grouped.count(),
      reduce: (reducer) => grouped.reduce(reducer),
      aggregate: (alone) => grouped.aggregate({ ...alone, ...plain }),
    },
    'plain',
    (key) => key,
  )
  const windows = grouped.windowedBy(tumbling(50, { grace: 30 }))
  write(
    {
      all: () => windows.aggregate(agg(columns)),
      count: () => windows.count(),
      reduce: (reducer) => windows.reduce(reducer),
      aggregate: (alone) => windows.aggregate({ ...alone, ...plain }),
    },
    'window',
    windowName,
  )
  const sessions = grouped.windowedBy(session(15, { grace: 30 }))
  write(
    {
      all: () => sessions.aggregate(agg(columns)),
      count: () => sessions.count(),
      reduce: (reducer) => sessions.reduce(reducer),
      aggregate: (alone) => sessions.aggregate({ ...alone, ...plain }),
    },
    'session',
    windowName,
  )
}

function addTable(builder: StreamsBuilder): void {
  const grouped = builder
    .table('rows', { ...ORDER, store: 'rows' })
    .groupBy((_key, value) => [value.at, value], ORDER)
  const to = <V>(table: KTable<string, V>, topic: string): void => {
    table.toStream().to(`table-${topic}`, { value: serdes.json<V>() })
  }
  to(grouped.aggregate(agg({ n, total, mean })), 'row')
  to(grouped.count(), 'n')
  const value = serdes.json<never>()
  to(
    grouped.aggregate({
      init: () => 0,
      adder: (_, { price }, all) => all + price,
      subtractor: (_, { price }, all) => all - price,
      value,
    }),
    'total',
  )
  const means = grouped.aggregate<AverageState>({
    init: () => ({ sum: 0, count: 0 }),
    adder: (_, { price }, all) => ({ sum: all.sum + price, count: all.count + 1 }),
    subtractor: (_, { price }, all) => ({ sum: all.sum - price, count: all.count - 1 }),
    value,
  })
  to(
    means.mapValues((state) => state.sum / state.count),
    'mean',
  )
}

type Told = readonly (readonly unknown[])[]

function columnOf(row: unknown, name: string): unknown {
  return row === null ? null : (row as Readonly<Record<string, unknown>>)[name]
}

function told(driver: TopologyTestDriver, topic: string): Told {
  return driver
    .output(topic, { key: serdes.string, value: serdes.json<unknown>() })
    .readRecords()
    .map(({ key, value, timestampMs }) => [key, value, timestampMs])
}

test('each column is what it is alone, and comes at the same time', async () => {
  const seed = chooseSeed()
  const random = new SeededRandom(seed)
  for (let round = 0; round < ROUNDS; round++) {
    const builder = new StreamsBuilder()
    addStreams(builder)
    addTable(builder)
    const driver = await TopologyTestDriver.create(builder.build())
    let timeMs = 100
    for (let step = 0; step < STEPS; step++) {
      timeMs += random.below(12)
      const timestampMs = Math.max(0, timeMs - (random.below(4) === 0 ? random.below(120) : 0))
      const order = { price: random.below(100) - 20, at: `t${random.below(4)}` }
      const isDeleted = random.below(6) === 0
      await driver.input('in', ORDER).pipe(`k${random.below(3)}`, order, { timestampMs })
      const rows = { key: serdes.string, value: serdes.nullable(ORDER.value) }
      const row = isDeleted ? null : order
      await driver.input('rows', rows).pipe(`k${random.below(4)}`, row, { timestampMs })
      const disturbance = random.below(20)
      if (disturbance === 0) await driver.abort()
      if (disturbance === 1) await driver.restart()
    }
    for (const [kind, names] of [
      ['plain', IN_ALL],
      ['window', IN_ALL],
      ['session', IN_ALL],
      ['table', OF_TABLE],
    ] as const) {
      const rows = told(driver, `${kind}-row`)
      assert.ok(rows.length > 0, kind)
      for (const name of names) {
        const column = rows.map(([key, row, at]) => [key, columnOf(row, name), at])
        assert.deepEqual(
          column,
          told(driver, `${kind}-${name}`),
          `${kind} ${name}: ${repeatCommand(seed)}`,
        )
      }
    }
  }
})
