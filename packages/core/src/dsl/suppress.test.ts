import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Windowed } from '../record/windowed.ts'
import { serdes } from '../serde/serdes.ts'
import type { KTable } from './ktable.ts'
import { StreamsBuilder } from './streams-builder.ts'
import { untilTimeLimit, untilWindowCloses } from './suppressed.ts'

const text = { key: serdes.string, value: serdes.string }
const limit = untilTimeLimit('1 second')

function problem(define: () => unknown): string {
  try {
    define()
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_TOPOLOGY'))
    return error.message
  }
  return 'none'
}

describe('suppress refuses', () => {
  test('a versioned table, and a view of one', () => {
    const rows = new StreamsBuilder().table('in', { ...text, store: 'rows', versioned: '1 hour' })
    assert.equal(
      problem(() => rows.suppress(limit)),
      'suppress: the table KTABLE-SOURCE-0000000001 is versioned',
    )
    assert.equal(
      problem(() => rows.filter(() => true).suppress(limit)),
      'suppress: the table KTABLE-FILTER-0000000002 is versioned',
    )
  })

  test('to wait for windows where there are none', () => {
    const rows = new StreamsBuilder().table('in', text)
    const windowed = rows as unknown as KTable<Windowed<string>, string>
    assert.equal(
      problem(() => windowed.suppress(untilWindowCloses())),
      'Windows close only behind a windowed aggregation, not behind KTABLE-SOURCE-0000000002',
    )
  })

  test('bounds that are no numbers from 0 on', () => {
    assert.throws(() => untilWindowCloses({ maxRecords: -1 }), TypeError)
    assert.throws(() => untilTimeLimit(1, { maxBytes: NaN, whenFull: 'emit-early' }), TypeError)
  })

  test('a table without serdes, when it is built', () => {
    const builder = new StreamsBuilder()
    const rows = builder.table('in', text).mapValues((value) => value)
    rows.suppress(limit, { name: 'held' })
    assert.equal(
      problem(() => builder.build()),
      "Invalid topology: held: no value serde for the store 'held-store'; give the option `value`",
    )
  })
})

test('the buffer has a changelog of its own, unless it is not wanted', () => {
  const builder = new StreamsBuilder()
  const rows = builder.table('in', { ...text, store: 'rows' })
  rows.suppress(limit, { name: 'held' })
  const unlogged = untilTimeLimit(5, { maxRecords: 1, whenFull: 'shut-down', logging: false })
  rows.suppress(unlogged, { name: 'lost' })
  const logged = { maxBytes: 9, topicConfig: { 'segment.bytes': '1000' } } as const
  rows.suppress(untilTimeLimit(5, { ...logged, whenFull: 'emit-early' }), { name: 'set' })

  const stores = builder.build().subtopologies.flatMap((part) => part.stores)
  const shown = stores.map(({ name, logging, topicConfig }) => [
    name,
    logging,
    topicConfig['cleanup.policy'],
    topicConfig['segment.bytes'],
  ])
  assert.deepEqual(shown, [
    ['rows', true, 'compact', undefined],
    ['held-store', true, 'compact', undefined],
    ['lost-store', false, 'compact', undefined],
    ['set-store', true, 'compact', '1000'],
  ])
})

test('types: the final results of windows need windowed keys, and a bound says what happens when it is reached', () => {
  const rows = new StreamsBuilder().table('in', text)
  const suppressed: KTable<string, string> = rows.suppress(limit)
  assert.notEqual(suppressed, rows)
  const never = (): void => {
    // @ts-expect-error keys of this table are no windows
    rows.suppress(untilWindowCloses())
    // @ts-expect-error a final result must not leave early
    untilWindowCloses({ maxRecords: 1, whenFull: 'emit-early' })
    // @ts-expect-error what happens when the buffer is full is not said
    untilTimeLimit(1, { maxRecords: 1 })
    const windowed = rows as unknown as KTable<Windowed<string>, string>
    windowed.suppress(untilWindowCloses({ maxRecords: 1 })).suppress(limit)
  }
  assert.equal(typeof never, 'function')
})
