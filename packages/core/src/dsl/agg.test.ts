import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes } from '../serde/serdes.ts'
import { storedForm } from '../serde/stored-form.ts'
import { session } from '../time/session-windows.ts'
import { tumbling } from '../time/time-windows.ts'
import { agg } from './agg.ts'
import {
  avg,
  collect,
  type ColumnAggregate,
  count,
  first,
  latest,
  max,
  min,
  sum,
} from './operators/column-aggregates.ts'
import { StreamsBuilder } from './streams-builder.ts'

interface Order {
  readonly id: string
  readonly price: number
  readonly at: string
}
interface Click {
  readonly page: string
}

const order = (id: string, price: number, at = 'noon'): Order => ({ id, price, at })
const builder = new StreamsBuilder()
const json = { key: serdes.string, value: serdes.json<Order>() }
const orders = builder.stream('orders', json).groupByKey()
const clicks = builder
  .stream('clicks', { key: serdes.string, value: serdes.json<Click>() })
  .groupByKey()
const byHour = builder
  .table('rows', json)
  .groupBy((key, { at, ...rest }) => [at, { ...rest, at }], json)

/** What is stored of all of these, one after the other, and what the row shows then. */
function after(values: readonly (Order | null)[]): { shown: object; stored: unknown } {
  const all = agg({
    n: count(),
    total: sum((one: Order) => one.price),
    mean: avg((one: Order) => one.price),
    low: min((one: Order) => one.price),
    top: max((one: Order) => one.at),
    head: first<Order>(),
    last: latest<Order>(),
    some: collect<Order>(2),
  })
  let row = all.init()
  const { storedForm: stored } = all.value as unknown as { storedForm: typeof all.value }
  for (const value of values) {
    // Each step as after a look into the store.
    row = stored.deserialize(stored.serialize(all.add('k', value as Order, row), 't'), 't')
  }
  return {
    shown: row,
    stored: JSON.parse(Buffer.from(stored.serialize(row, 't')).toString()) as unknown,
  }
}

test('columns are counted, summed, averaged, compared and kept', () => {
  const [a, b, c] = [order('a', 5, 'x'), order('b', 1, 'z'), order('c', 3, 'y')]
  const { shown, stored } = after([a, b, c])

  assert.deepEqual(shown, {
    n: 3,
    total: 9,
    mean: 3,
    low: 1,
    top: 'z',
    head: a,
    last: c,
    some: [a, b],
  })
  assert.deepEqual(stored, { ...shown, mean: { sum: 9, count: 3 } })
})

test('a null value is counted, and otherwise ignored', () => {
  const a = order('a', 5)
  const { shown } = after([null, a, null])

  assert.deepEqual(shown, {
    n: 3,
    total: 5,
    mean: 5,
    low: 5,
    top: 'noon',
    head: a,
    last: a,
    some: [a],
  })
})

test('what follows sees JSON of what the row shows, and what is stored has more', () => {
  const row = agg({ mean: avg((one: Order) => one.price) })
  const two = row.add('k', order('b', 3), row.add('k', order('a', 2), row.init()))
  const text = (serde: typeof row.value): string =>
    Buffer.from(serde.serialize(two, 't')).toString()

  assert.equal(text(row.value), '{"mean":2.5}')
  assert.equal(text(storedForm(row.value)), '{"mean":{"sum":5,"count":2}}')
})

test('a column that is added later begins with what comes then', () => {
  const before = agg({ n: count() })
  const later = agg({ n: count(), total: sum((one: Order) => one.price) })
  const bytes = before.value.serialize(before.add('k', null, before.init()), 't')
  const row = later.value.deserialize(bytes, 't')

  assert.deepEqual(later.add('k', order('a', 7), row), { n: 2, total: 7 })
})

test('rows of merged sessions have the earlier one first', () => {
  const all = agg({
    n: count(),
    head: first<Order>(),
    last: latest<Order>(),
    some: collect<Order>(3),
  })
  const [a, b, c] = [order('a', 1), order('b', 2), order('c', 3)]
  const earlier = all.add('k', b, all.add('k', a, all.init()))
  const later = all.add('k', a, all.add('k', c, all.init()))

  const merged = all.merge('k', all.merge('k', all.init(), earlier), later)
  assert.deepEqual(merged, { n: 4, head: a, last: a, some: [a, b, c] })
})

test('values are taken out of sums and averages again', () => {
  const all = agg({
    n: count(),
    total: sum((one: Order) => one.price),
    mean: avg((one: Order) => one.price),
  })
  const both = all.adder('k', order('b', 4), all.adder('k', order('a', 1), all.init()))
  const one = all.subtractor('k', order('a', 1), both)
  assert.deepEqual(one, { n: 1, total: 4, mean: 4 })
  assert.deepEqual(all.subtractor('k', order('b', 4), one), { n: 0, total: 0, mean: NaN })
})

test('an aggregate changes no row that it was given', () => {
  const all = agg({ some: collect<Order>(3), mean: avg((one: Order) => one.price) })
  const before = all.add('k', order('a', 1), all.init())
  all.add('k', order('b', 3), before)
  all.merge('k', before, before)

  assert.deepEqual(before, { some: [order('a', 1)], mean: 1 })
})

test('no columns, a limit of 0 and the row of another aggregate are refused', () => {
  const all = agg({ mean: avg((one: Order) => one.price) })

  assert.throws(() => agg({}), { message: 'agg: there is no column' })
  assert.throws(() => collect(0), TypeError)
  assert.throws(() => all.add('k', order('a', 1), { mean: 1 }), {
    message: 'agg: not a row of this aggregate',
  })
})

// Types are tested by the compiler.

test('columns are typed by what is aggregated', () => {
  const table = orders.aggregate(
    agg(
      {
        n: count(),
        total: sum((one) => one.price),
        last: latest(),
        top: max((one) => one.at),
        some: collect(3),
      },
      {
        store: 'typed',
        dropped(records) {
          records.mapValues(({ value }, key) => [value?.price.toFixed(), key?.length])
        },
      },
    ),
  )
  table.mapValues((row) => {
    const shown: {
      readonly n: number
      readonly total: number
      readonly last: Order
      readonly top: string
      readonly some: readonly Order[]
    } = row
    // @ts-expect-error -- a number
    const wrong: string = row.total
    return [shown, wrong]
  })
  // @ts-expect-error -- orders have no such property
  orders.aggregate(agg({ n: sum(({ pages }) => Number(pages)) }))
  // @ts-expect-error -- no such option
  orders.aggregate(agg({ n: count() }, { stor: 's' }))
  orders.aggregate({ ...agg({ n: sum((one: Order) => one.price) }), store: 'spread' })
  orders.aggregate(agg({ n: count() }))
  const alone = agg({ n: count() })
  orders.aggregate(alone)
  // @ts-expect-error -- of clicks
  orders.aggregate(agg({ n: latest<Click>() }))
  assert.ok(table)
})

test('windows, sessions and cogroups take the same', () => {
  const hours = orders.windowedBy(tumbling('1 hour', { grace: 0 }))
  hours
    .aggregate(agg({ n: count(), last: latest() }, { retention: '2 hours' }))
    .mapValues((row) => row.last.id)
  const visits = orders.windowedBy(session('1 hour', { grace: 0 }))
  visits.aggregate(agg({ n: count(), last: latest() })).mapValues((row) => row.last.id)

  const both = agg({ clicks: count(), bought: count(), spent: sum((one: Order) => one.price) })
  clicks
    .cogroup(both.into('clicks'))
    .cogroup(orders, both.into('bought', 'spent'))
    .aggregate(both)
    .mapValues((row) => row.spent.toFixed())
  // @ts-expect-error -- clicks have no price
  clicks.cogroup(both.into('spent'))
  // @ts-expect-error -- no such column
  both.into('nothing')

  const click = both.into('clicks')('k', { page: 'p' }, both.init())
  assert.deepEqual(click, { clicks: 1, bought: 0, spent: 0 })
  assert.deepEqual(both.into('bought', 'spent')('k', order('a', 2), click), {
    clicks: 1,
    bought: 1,
    spent: 2,
  })
})

test('a grouped table takes only what can be taken out again', () => {
  byHour.aggregate(
    agg({ n: count(), total: sum((one) => one.price), mean: avg((one) => one.price) }),
  )
  // @ts-expect-error -- the latest value cannot be taken out
  byHour.aggregate(agg({ n: count(), last: latest() }))
  // @ts-expect-error -- nor can the largest one
  byHour.aggregate(agg({ top: max((one) => one.price) }))
  assert.ok(byHour)
})

test('a column can be of your own', () => {
  const distinct: ColumnAggregate<Order, readonly string[], number, 'keep'> = {
    init: () => [],
    add: (ids, { id }) => (ids.includes(id) ? ids : [...ids, id]),
    merge: (ids, later) => [...new Set([...ids, ...later])],
    subtract: undefined,
    result: (ids) => ids.length,
  }
  const all = agg({ distinct })
  let row = all.init()
  for (const id of ['a', 'b', 'a']) row = all.add('k', order(id, 1), row)

  assert.deepEqual(row, { distinct: 2 })
})
