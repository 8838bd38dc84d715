import {
  serdes,
  StreamsBuilder,
  type TimestampedKeyValueStore,
  type Topology,
} from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { APPEND, LARGE, outputsByCommit, textTopology } from './caching.testkit.ts'
import { TEXT } from './processor-bed.testkit.ts'

const counts = (caching?: boolean): Topology =>
  textTopology((stream) =>
    stream
      .groupByKey()
      .count({ store: 'counts', ...(caching === undefined ? {} : { caching }) })
      .mapValues(String, { value: serdes.string }),
  )

const appended = textTopology((stream) => stream.groupByKey().aggregate({ store: 's', ...APPEND }))

/** A table that asks for old values: its changes can be read in the repartition topic. */
const regrouped = textTopology((stream) =>
  stream
    .groupByKey()
    .aggregate({ store: 's', ...APPEND })
    .groupBy((key, value) => [key, value], { name: 'g', ...TEXT })
    .reduce({ adder: (_, value) => value, subtractor: (row) => row, store: 'r' }),
)

const COUNT_INPUTS = ['a,1,10', 'b,1,5', 'a,1,7', 'c,1,1', 'b,1,20']

// Expected values of this block are what Kafka Streams 4.3.1 wrote for the same records, on a broker,
// with one commit a phase.
describe('as Kafka Streams', () => {
  test('one change a key is forwarded at a commit, in the order of the last updates', async () => {
    assert.deepEqual(await outputsByCommit(counts(), [COUNT_INPUTS, ['c,1,3', 'a,1,4']]), [
      ['a 2 @10 h2', 'c 1 @1 h3', 'b 2 @20 h4'],
      ['c 2 @3 h5', 'a 3 @10 h6'],
    ])
  })

  test('a row that was not there before and is not there now is left out', async () => {
    const phases = [
      ['a,x,10', 'b,1,20', 'b,x,30', 'c,1,100', 'd,1,5'],
      ['c,x,50', 'd,x,60', 'd,2,7', 'e,1,1', 'e,x,2'],
    ]
    assert.deepEqual(await outputsByCommit(appended, phases), [
      ['c 1 @100 h3', 'd 1 @5 h4'],
      ['c null @50 h5', 'd 2 @7 h7'],
    ])
  })

  test('the old value is the one that was forwarded last', async () => {
    const phases = [
      ['a,1,10', 'a,2,11', 'b,1,20', 'b,x,30', 'c,1,40'],
      ['a,3,50', 'a,4,51', 'c,x,45', 'c,x,46', 'b,5,10'],
    ]
    assert.deepEqual(await outputsByCommit(regrouped, phases, { read: 'test-g-repartition' }), [
      ['a (12<-null) @11 h1', 'c (1<-null) @40 h4'],
      ['a (1234<-12) @51 h6', 'c (null<-1) @46 h8', 'b (5<-null) @10 h9'],
    ])
  })

  test('without a cache each update is forwarded, and a new row has the old value of the initializer', async () => {
    const phases = [['a,1,10', 'a,2,11', 'b,1,20', 'b,x,30', 'c,1,40']]
    const options = { read: 'test-g-repartition', cacheMaxBytes: 0 }
    assert.deepEqual(await outputsByCommit(regrouped, phases, options), [
      [
        'a (1<-) @10 h0',
        'a (12<-1) @11 h1',
        'b (1<-) @20 h2',
        'b (null<-1) @30 h3',
        'c (1<-) @40 h4',
      ],
    ])
  })

  test('a flush that flows into cached tables below is flushed there in the same commit', async () => {
    const chain = textTopology((stream) =>
      stream
        .groupByKey()
        .aggregate({ store: 's', ...APPEND })
        .mapValues((value) => `${value}!`, { store: 'm', value: serdes.string })
        .filter((_, value) => !value.startsWith('9'), { store: 'f' }),
    )
    const phases = [
      ['a,1,10', 'b,1,20', 'a,2,5', 'c,9,6'],
      ['b,x,15', 'c,x,7', 'a,3,8'],
    ]
    assert.deepEqual(await outputsByCommit(chain, phases), [
      ['b 1! @20 h1', 'a 12! @10 h2'],
      ['b null @15 h4', 'a 123! @10 h6'],
    ])
  })

  test('a table of a topic holds updates back too', async () => {
    const builder = new StreamsBuilder()
    const table = builder.table('in', { ...TEXT, store: 't' })
    table.toStream().to('out')
    const phases = [
      ['a,1,10', 'b,null,20', 'a,2,5', 'c,1,6', 'c,null,8'],
      ['a,null,3', 'd,1,4', 'a,null,9'],
    ]
    assert.deepEqual(await outputsByCommit(builder.build(), phases), [
      ['a 2 @5 h2'],
      ['d 1 @4 h6', 'a null @9 h7'],
    ])
  })

  test('over its budget a cache is flushed, its least recent update first', async () => {
    const inputs = 'a1 b2 c3 a4 d5 a6 b7 e8 f9 g10 a11 g12'.split(' ')
    const phase = inputs.map((input) => `${input.slice(0, 1)},1,${input.slice(1)}`)
    const room = { cacheMaxBytes: 3 * (COUNT_ENTRY_BYTES + 1) }
    assert.deepEqual(await outputsByCommit(counts(), [phase], room), [
      [
        ...['b 1 @2 h1', 'c 1 @3 h2', 'a 2 @4 h3', 'd 1 @5 h4'],
        ...['a 3 @6 h5', 'b 2 @7 h6', 'e 1 @8 h7', 'f 1 @9 h8'],
        ...['a 4 @11 h10', 'g 2 @12 h11'],
      ],
    ])
  })
})

/** Overhead, key, topic `in`, a header of one letter and one digit, timestamp, count. */
const COUNT_ENTRY_BYTES = 45 + 1 + 2 + 2 + 8 + 8

/** The same with a text of two. */
const TEXT_ENTRY_BYTES = COUNT_ENTRY_BYTES - 8 + 2

/** Both get each record, the first one first; values end in `!` and `?`. */
function twoTables(): Topology {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', TEXT)
  for (const [store, suffix] of [
    ['first', '!'],
    ['second', '?'],
  ] as const) {
    const appending = { ...APPEND, add: (_: string, value: string) => value + suffix }
    stream
      .groupByKey()
      .aggregate({ store, ...appending })
      .toStream()
      .to('out')
  }
  return builder.build()
}

describe('options', () => {
  test('caching: false forwards each update of that table', async () => {
    assert.deepEqual(await outputsByCommit(counts(false), [COUNT_INPUTS]), [
      ['a 1 @10 h0', 'b 1 @5 h1', 'a 2 @10 h2', 'c 1 @1 h3', 'b 2 @20 h4'],
    ])
  })

  test('the budget is one for all tables', async () => {
    const phases = [['a,1,1', 'b,1,2', 'c,1,3']]
    const room = { cacheMaxBytes: 3 * TEXT_ENTRY_BYTES }
    // The table that goes over it is the one that is flushed: the second, which comes last with each record.
    assert.deepEqual(await outputsByCommit(twoTables(), phases, room), [
      ['a 1? @1 h0', 'b 1? @2 h1', 'c 1? @3 h2', 'a 1! @1 h0', 'b 1! @2 h1', 'c 1! @3 h2'],
    ])
  })

  test('a table is left alone when the flush of another has made room', async () => {
    const long = 'l'.repeat(70)
    const phases = [['a,1,1', `b,${long},2`, 'a,2,3']]
    const room = { cacheMaxBytes: 4 * TEXT_ENTRY_BYTES }
    // Each of the two updates of `b` goes over it; the first table is flushed for its own.
    assert.deepEqual(await outputsByCommit(twoTables(), phases, room), [
      ['a 1! @1 h0', `b ${long}! @2 h1`, 'a 2! @3 h2', `b ${long}? @2 h1`, 'a 2? @3 h2'],
    ])
  })

  test('each-record commits flush after each record, so a cache changes nothing but old values', async () => {
    const options = { commit: 'each-record', cacheMaxBytes: LARGE } as const
    assert.deepEqual(await outputsByCommit(counts(), [COUNT_INPUTS], options), [
      ['a 1 @10 h0', 'b 1 @5 h1', 'a 2 @10 h2', 'c 1 @1 h3', 'b 2 @20 h4'],
    ])
  })
})

test('what a processor writes to the store of a table is what goes out of an update that is held back', async () => {
  const builder = new StreamsBuilder()
  const input = builder.stream('in', TEXT)
  const rows = input.groupByKey().aggregate({ store: 's', ...APPEND })
  input.process<string, string>(
    () => ({
      process({ key, value, timestampMs, headers }, context) {
        const store = context.getStateStore('s') as TimestampedKeyValueStore<string, string>
        if (value === '2') store.put(key, { value: 'written', timestampMs, headers })
      },
    }),
    { stores: ['s'] },
  )
  rows.toStream().to('out')
  // A handler that may go on keeps each write as it was, in case that it is to be taken back.
  const options = { processingExceptionHandler: 'continue' } as const
  assert.deepEqual(
    await outputsByCommit(builder.build(), [['a,1,10', 'b,1,11', 'a,2,12'], ['a,3,13']], options),
    [['b 1 @11 h1', 'a written @12 h2'], ['a written3 @13 h3']],
  )
})
