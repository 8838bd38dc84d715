import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { serdes } from '../serde/serdes.ts'
import { joinWindows } from '../time/join-windows.ts'
import { StreamsBuilder } from './streams-builder.ts'
import { untilTimeLimit } from './suppressed.ts'

const text = { key: serdes.string, value: serdes.string }
const { key } = text
const within = joinWindows('5 minutes', { grace: '1 minute' })
const both = (left: string, right: string): string => left + right

const all = { ensureExplicitInternalNames: true }

/** The names that are refused, each with the option that it takes. */
function refused(describe: (builder: StreamsBuilder) => unknown): readonly string[] {
  const builder = new StreamsBuilder()
  describe(builder)
  builder.build()
  try {
    builder.build(all)
    return []
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_TOPOLOGY'))
    const found = error.message.matchAll(/(?:store|topic) '([^']+)'.+?option `(\w+)`/g)
    return [...found].map(([, name, option]) => `${name} ${option}`)
  }
}

test('all stores and internal topics with generated names are told in one error, each with what names it', () => {
  const builder = new StreamsBuilder()
  const rekeyed = builder.stream('in', text).selectKey((_, value) => value, { key })
  rekeyed.groupByKey(text).count()
  builder.stream('other', text).groupByKey().reduce(both)
  assert.throws(() => builder.build(all), {
    code: 'MR_TOPOLOGY',
    message:
      'Invalid topology: ' +
      "KSTREAM-AGGREGATE-0000000003: its store 'KSTREAM-AGGREGATE-STATE-STORE-0000000002' has a generated name; give the option `store`; " +
      "KSTREAM-REDUCE-0000000009: its store 'KSTREAM-REDUCE-STATE-STORE-0000000008' has a generated name; give the option `store`; " +
      "KSTREAM-FILTER-0000000005: the topic 'KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition' that it writes has a generated name; " +
      'give the option `name` to the grouping, join, table or repartition that reads it',
  })
})

test('a store of a table that is kept, and the topic of its grouping', () => {
  const found = refused((b) => {
    const table = b.table('rows', text)
    table.filter(() => true).mapValues((value) => value)
    table.groupBy((k, value) => [value, k], text).count()
  })
  assert.deepEqual(found, [
    'rows-STATE-STORE-0000000000 store',
    'KTABLE-AGGREGATE-STATE-STORE-0000000006 store',
    'KTABLE-AGGREGATE-STATE-STORE-0000000006-repartition name',
  ])
})

test('both windows of a join of streams and what they share, and its repartition topics', () => {
  const found = refused((b) => {
    const { big } = b
      .stream('in', text)
      .selectKey((_, value) => value, { key })
      .split()
      .branch('big', () => true)
      .noDefault()
    big.leftJoin(b.stream('other', text), (left) => left, { within, ...text })
  })
  assert.deepEqual(found, [
    'KSTREAM-JOINTHIS-0000000010-store store',
    'KSTREAM-OUTEROTHER-0000000011-store store',
    'KSTREAM-OUTERSHARED-0000000010-store store',
    'KSTREAM-BRANCH-0000000002big-repartition name',
  ])
})

test('the buffer of a suppressed table, and a global table', () => {
  const found = refused((b) => {
    b.table('rows', { ...text, store: 'rows' }).suppress(untilTimeLimit('1 minute'))
    b.globalTable('global', text)
  })
  assert.deepEqual(found, [
    'KTABLE-SUPPRESS-STATE-STORE-0000000003 name',
    'global-STATE-STORE-0000000004 store',
  ])
})

test('a topic that is named after a store or an operator of the user is named', () => {
  const found = refused((b) => {
    const rekeyed = b.stream('in', text).selectKey((_, value) => value, { key, name: 'rekey' })
    rekeyed.groupByKey(text).count({ store: 'counts' })
    rekeyed.toTable({ ...text, name: 'latest' })
    rekeyed.join(b.table('rows', { ...text, store: 'rows' }), both, text)
    rekeyed.repartition({ ...text, name: 'spread' })
  })
  assert.deepEqual(found, [])
})

test('a table that is not stored needs no name, nor does an operator without a topic or store', () => {
  const found = refused((b) => {
    b.table('rows', text)
      .toStream()
      .filter(() => true)
      .to('out')
  })
  assert.deepEqual(found, [])
})
