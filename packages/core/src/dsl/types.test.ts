import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  FixedKeyProcessorSupplier,
  FixedKeyRecord,
  ProcessorSupplier,
} from '../processor/processor.ts'
import type { Serde } from '../serde/serde.ts'
import { StreamRecord } from '../record/stream-record.ts'
import { serdes } from '../serde/serdes.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import type { KGroupedTable } from './kgrouped-table.ts'
import type { KStream } from './kstream.ts'
import type { KTable } from './ktable.ts'
import { joinWindows } from '../time/join-windows.ts'
import { StreamsBuilder } from './streams-builder.ts'
import { type } from './types.testkit.ts'
import { unreadSink } from './unread-sink.testkit.ts'

interface Click {
  readonly user: string
  readonly kind: 'view' | 'buy'
}
interface Buy extends Click {
  readonly kind: 'buy'
}

const json = serdes.json<Click>()
const builder = new StreamsBuilder()
const clicks = builder.stream('clicks', { key: serdes.string, value: json })
const users = builder.table('users', { key: serdes.string, value: serdes.nullable(serdes.long) })
const isBuy = (_key: string, click: Click): click is Buy => click.kind === 'buy'

test('types flow from serdes through stateless operators', () => {
  type<KStream<string, Click>>()(clicks)
  type<KStream<string, Click>>()(clicks.filter((_, click) => click.kind !== 'buy'))
  type<KStream<string, Buy>>()(clicks.filter(isBuy))
  type<KStream<string, Click>>()(clicks.filterNot(isBuy))
  type<KStream<string, number>>()(clicks.mapValues((click, key) => click.user.length + key.length))
  type<KStream<string, string>>()(clicks.flatMapValues((click) => [click.user]))
  type<KStream<number, string>>()(clicks.map((key, click) => [key.length, click.user]))
  type<KStream<number, string>>()(clicks.flatMap((key, click) => [[key.length, click.user]]))
  type<KStream<number, Click>>()(clicks.selectKey((key) => key.length))
  type<KStream<string, Click>>()(clicks.peek(() => undefined).repartition())
  type<KStream<string, Click>>()(clicks.merge(clicks.filter(isBuy)))
})

test('an inferred type guard narrows too', () => {
  const values = builder.stream('n', { key: serdes.string, value: serdes.nullable(serdes.long) })

  type<KStream<string, number>>()(values.filter((_, value) => value !== null))
})

test('branches have the names that they were given, and types of their own', () => {
  const branches = clicks
    .split()
    .branch('buys', isBuy)
    .branch('b', () => true)
    .default('rest')

  type<KStream<string, Buy>>()(branches.buys)
  type<KStream<string, Click>>()(branches.b)
  type<KStream<string, Click>>()(branches.rest)
  type<'buys' | 'b' | 'rest'>()(Object.keys(branches)[0] as keyof typeof branches) // only its type is looked at
  // @ts-expect-error there is no such branch
  assert.equal(branches.other, undefined)
  type<KStream<string, Click>>()(
    clicks
      .split()
      .branch('1', () => true)
      .default()['0'],
  )
})

test('types flow through aggregations and tables', () => {
  const grouped = clicks.groupBy((_, click) => click.user, { key: serdes.string })
  const counts = clicks.groupByKey().count()

  type<KGroupedStream<string, Click>>()(grouped)
  type<KTable<string, number>>()(counts)
  type<KTable<string, Click>>()(grouped.reduce((_, click) => click))
  type<KTable<string, number[]>>()(
    grouped.aggregate({
      init: () => [],
      add: (key, click, all) => [...all, key.length, click.user.length],
      value: serdes.json<number[]>(),
    }),
  )
  type<KTable<string, string>>()(counts.mapValues((count) => String(count)))
  type<KTable<string, number>>()(counts.filter((_, count) => count > 1))
  type<KStream<string, number>>()(counts.toStream())
  type<KTable<string, Click>>()(clicks.toTable())

  const regrouped = users.groupBy((user, age) => [user.length, age])
  type<KGroupedTable<number, number | null>>()(regrouped)
  type<KTable<number, number>>()(regrouped.count())
})

test('types flow through processors of the user', () => {
  const anySize: ProcessorSupplier<string, Click, number, boolean> = () => ({
    process: (record, context) => context.forward(record.withKeyValue(record.key.length, true)),
  })
  const fixed: FixedKeyProcessorSupplier<string, Click, Date> = () => ({
    process: (record, context) => context.forward(record.withValue(new Date(0))),
  })

  type<KStream<number, boolean>>()(clicks.process(anySize))
  type<KStream<string, Date>>()(clicks.processValues(fixed))
  const canRekey: 'withKey' extends keyof FixedKeyRecord<string, Click> ? true : false = false
  assert.equal(canRekey, false)
  clicks.processValues<number>(() => ({
    process(record, context) {
      // @ts-expect-error only the record itself, and what is made of it, has its key
      return context.forward(new StreamRecord('another key', 1, 0))
    },
  }))
})

test('a serde of another type does not compile', () => {
  // @ts-expect-error the keys are strings
  clicks.to('a', { key: serdes.long })
  // @ts-expect-error the values are clicks
  clicks.to('b', { value: serdes.string })
  // @ts-expect-error the mapper gives numbers
  clicks.mapValues(() => 1, { value: serdes.string })
  // @ts-expect-error the mapper gives strings
  clicks.selectKey(() => 'x', { key: serdes.integer })
  // @ts-expect-error the new keys are strings
  clicks.groupBy((_, click) => click.user, { key: serdes.long })
  // @ts-expect-error a count is a number
  clicks.groupByKey().count({ value: serdes.string })
  // @ts-expect-error the values are clicks
  clicks.groupByKey().reduce((click) => click, { value: serdes.long })
  // @ts-expect-error the keys are strings
  clicks.repartition({ key: serdes.long })
  // @ts-expect-error the values are clicks
  clicks.toTable({ value: serdes.long })
  // @ts-expect-error the new values are strings
  users.mapValues(() => 'x', { value: serdes.long, store: 's' })
  // @ts-expect-error the new keys are numbers
  users.groupBy((user) => [user.length, user], { key: serdes.string })
  // @ts-expect-error a reader that knows nothing of null may not be asked for it
  const text: Serde<string> = serdes.nullable(serdes.string)
  assert.equal(typeof text, 'object')
})

test('a source needs its serdes, and a callback the right types', () => {
  // @ts-expect-error there is no value serde
  builder.stream('c', { key: serdes.string })
  // @ts-expect-error values are clicks
  clicks.filter((_, value: number) => value > 1)
  // @ts-expect-error a reducer gives what it got
  clicks.groupByKey().reduce(() => 1)
  // @ts-expect-error an unknown option
  clicks.to('d', { keySerde: serdes.string })
  // @ts-expect-error values of merged streams are alike
  clicks.filter(isBuy).merge(clicks)
  // @ts-expect-error keys of merged streams are alike
  clicks.merge(clicks.selectKey((key) => key.length))
})

test('a join with a table has the types of both sides, and keys of one type', () => {
  const names = builder.table('names', { key: serdes.string, value: serdes.string })
  const numbered = builder.table('numbered', { key: serdes.long, value: serdes.string })

  const joined = clicks.join(names, (click, name, key) => {
    type<Click>()(click)
    type<string>()(name)
    type<string>()(key)
    return name.length
  })
  type<KStream<string, number>>()(joined)
  const left = clicks.leftJoin(names, (click, name) => {
    type<string | null>()(name)
    return { click, name }
  })
  type<KStream<string, { click: Click; name: string | null }>>()(left)
  // @ts-expect-error keys of another type
  clicks.join(numbered, () => 'x')
  // @ts-expect-error keys of another type
  clicks.leftJoin(numbered, () => 'x')
  // @ts-expect-error a left join may have no row
  clicks.leftJoin(names, (_click, name) => name.length)
})

test('a join of streams has the types of both sides, and keys of one type', () => {
  const views = builder.stream('views', { key: serdes.string, value: serdes.long })
  const numbered = builder.stream('numbered-views', { key: serdes.long, value: serdes.long })
  const within = joinWindows('5 minutes', { grace: 0 })
  const joined = clicks.join(
    views,
    (click, n, key) => {
      type<Click>()(click)
      type<number>()(n)
      type<string>()(key)
      return n
    },
    { within },
  )
  type<KStream<string, number>>()(joined)
  const left = clicks.leftJoin(
    views,
    (click, n) => {
      type<Click>()(click)
      type<number | null>()(n)
      return { click, n }
    },
    { within },
  )
  type<KStream<string, { click: Click; n: number | null }>>()(left)
  const outer = clicks.outerJoin(views, (click, n) => click?.user ?? String(n), { within })
  type<KStream<string, string>>()(outer)
  /* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- it means the overload of tables */
  // @ts-expect-error keys of another type
  clicks.join(numbered, () => 'x', { within })
  // @ts-expect-error keys of another type
  clicks.outerJoin(numbered, () => 'x', { within })
  // @ts-expect-error a left join may have no match
  clicks.leftJoin(views, (_click, n) => n.toFixed(), { within })
  // @ts-expect-error either side of an outer join may be alone
  clicks.outerJoin(views, (click, n) => click.user + String(n), { within })
  // @ts-expect-error serdes are of the values
  clicks.join(views, () => 'x', { within, otherValue: serdes.string })
  /* eslint-enable @typescript-eslint/no-unsafe-class-instance-assignment */
})

test('as-of joins have the types of both sides, and keys of one type', () => {
  const quotes = builder.stream('quotes', { key: serdes.string, value: serdes.double })
  const numbered = builder.stream('numbered-quotes', { key: serdes.long, value: serdes.double })
  const options = { tolerance: '1 minute', grace: 0 } as const
  type<KStream<string, number>>()(clicks.asOfJoin(quotes, (_click, quote) => quote, options))
  const left = clicks.asOfLeftJoin(quotes, (_click, quote) => quote, options)
  type<KStream<string, number | null>>()(left)
  // @ts-expect-error keys of another type
  clicks.asOfJoin(numbered, () => 'x', options)
  // @ts-expect-error there may be no match
  clicks.asOfLeftJoin(quotes, (_click, quote) => quote.toFixed(), options)
  // @ts-expect-error how late records may come is to be said
  assert.throws(() => clicks.asOfJoin(quotes, () => 'x', { tolerance: '1 minute' }))
})

test('dedup keeps the types, and windows of records have that of their aggregate', () => {
  const options = { within: '1 hour', grace: 0 } as const
  type<KStream<string, Click>>()(clicks.dedup({ ...options, id: ({ user }) => user }))
  // @ts-expect-error an id is a text
  clicks.dedup({ ...options, id: ({ user }) => user.length })
  const windows = clicks.groupByKey().windowedByCount({ size: 10 })
  type<KStream<string, Click>>()(windows.reduce((_, click) => click))
  const counts = windows.aggregate({ init: () => 0, add: (_key, _click, n) => n + 1 })
  type<KStream<string, number>>()(counts)
})

test('joins of tables have the keys of both sides and the values of the joiner', () => {
  const counts = clicks.groupByKey().count()
  const names = builder.table('names', { key: serdes.string, value: serdes.string })
  const byNumber = builder.table('numbers', { key: serdes.long, value: serdes.string })

  type<KTable<string, string>>()(counts.join(names, (n, name) => name.repeat(n)))
  type<KTable<string, string>>()(counts.leftJoin(names, (n, name, key) => (name ?? key).repeat(n)))
  type<KTable<string, number>>()(counts.outerJoin(names, (n, name) => n ?? name?.length ?? 0))
  // @ts-expect-error keys of another type
  counts.join(byNumber, (n, name) => name.repeat(n))
  // @ts-expect-error keys of another type
  counts.outerJoin(byNumber, (n, name) => `${n}${name}`)
  // @ts-expect-error the right side may have no row
  counts.leftJoin(names, (n, name) => name.repeat(n))
  // @ts-expect-error either side may have no row
  counts.outerJoin(names, (n, name) => name.repeat(n))
  // @ts-expect-error the joiner gives strings
  counts.join(names, (n, name) => name.repeat(n), { value: serdes.long })
})

test('a join with a global table looks up keys of its type', () => {
  const pages = builder.globalTable('pages', { key: serdes.long, value: serdes.string })

  const key = (_user: string, click: Click): number => click.user.length
  const joined = clicks.join(pages, (click, page) => ({ click, page }), { key })
  type<KStream<string, { click: Click; page: string }>>()(joined)
  const left = clicks.leftJoin(pages, (_click, page, user) => [user, page] as const, {
    key: (user, click) => (user === click.user ? null : 1),
  })
  type<KStream<string, readonly [string, string | null]>>()(left)
  /* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- what must not compile is not looked at */
  // @ts-expect-error a key of another type
  clicks.join(pages, () => 'x', { key: (user: string) => user })
  // @ts-expect-error a global table has keys of its own: say which
  assert.throws(() => clicks.join(pages, () => 'x'))
  /* eslint-enable @typescript-eslint/no-unsafe-class-instance-assignment */
})

test('a foreign-key join has keys of its own side, and foreign keys of the type of the other', () => {
  const byNumber = builder.table('numbers', { key: serdes.long, value: serdes.string })
  const buyers = builder.table('buyers', { key: serdes.string, value: json })
  const foreignKey = (click: Click): number => click.user.length

  type<KTable<string, string>>()(
    buyers.join(byNumber, (click, name) => click.user + name, { foreignKey }),
  )
  type<KTable<string, string | null>>()(
    buyers.leftJoin(byNumber, (_, name) => name, { foreignKey: () => null }),
  )
  // @ts-expect-error foreign keys are numbers
  buyers.join(byNumber, (click, name) => click.user + name, { foreignKey: (click) => click.user })
  // @ts-expect-error the other table may have no row
  buyers.leftJoin(byNumber, (_, name) => name.length, { foreignKey })
  // @ts-expect-error there is no outer join over a foreign key
  buyers.outerJoin(byNumber, (_, name) => name, { foreignKey })
})

test('tables that are transformed, or whose rows end, have the types of what they give', () => {
  const buyers = builder.table('b', { key: serdes.string, value: json, versioned: '1 hour' })

  type<KTable<string, number>>()(
    buyers.transformValues<number>(() => ({
      transform: (click, key) => (click === null ? null : click.user.length + key.length),
    })),
  )
  type<KTable<string, Click>>()(buyers.ttl('1 day', { by: 'event-time' }))
  type<KStream<string, Click>>()(buyers.toStream({ name: 'changes' }))
  type<KStream<number, Click>>()(buyers.toStream((key, click) => key.length + click.user.length))
  // @ts-expect-error which time counts has to be said
  buyers.ttl('1 day', {})
  // @ts-expect-error a deleted row is asked about too
  buyers.transformValues(() => ({ transform: (click) => click.user }))
  // @ts-expect-error the new keys are numbers
  buyers.toStream((key) => key.length, { key: serdes.string })
  assert.throws(
    // @ts-expect-error no duration
    () => builder.table('d', { key: serdes.string, value: json, versioned: 'long' }),
    TypeError,
  )
})

test('a sink takes the keys and values of the stream, or more', () => {
  clicks.toSink(unreadSink<string, Click>(), { name: 'same' })
  clicks.toSink(unreadSink<unknown, unknown>(), { name: 'anything' })
  clicks.filter(isBuy).toSink(unreadSink<string, Click>(), { name: 'wider' })
  // @ts-expect-error -- the keys are no numbers
  clicks.toSink(unreadSink<number, Click>(), { name: 'other-keys' })
  // @ts-expect-error -- the values are no strings
  clicks.toSink(unreadSink<string, string>(), { name: 'other-values' })
  // @ts-expect-error -- not all clicks are purchases
  clicks.toSink(unreadSink<string, Buy>(), { name: 'narrower' })
  // @ts-expect-error -- a sink has a name
  clicks.toSink(unreadSink<string, Click>(), {})
})

test('a sink is asked for tombstones where the stream says that there are some', () => {
  const rows = users.toStream()
  rows.toSink(unreadSink<string, number | null>(), { name: 'rows' })
  rows.filter((_, value) => value !== null).toSink(unreadSink<string, number>(), { name: 'full' })
  // @ts-expect-error -- the values may be null
  rows.toSink(unreadSink<string, number>(), { name: 'no-tombstones' })
  // @ts-expect-error -- a serde of other keys
  rows.toSink(unreadSink<string, number | null>(), { name: 'key', key: serdes.long })
})
