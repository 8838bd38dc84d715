import {
  hopping,
  type KTable,
  sliding,
  StreamsBuilder,
  type TimeWindows,
  type Topology,
  tumbling,
  type Windowed,
  type WindowedByOptions,
} from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { APPEND, outputsByCommit } from './caching.testkit.ts'
import { TEXT } from './processor-bed.testkit.ts'

type Windows = readonly [windows: TimeWindows, options?: WindowedByOptions]

const TUMBLING: Windows = [tumbling(10, { grace: 100 })]
const HOPPING: Windows = [hopping(10, { advance: 5, grace: 100 })]
const SLIDING: Windows = [sliding(10, { grace: 100 })]
const NO_GRACE: Windows = [tumbling(10, { grace: 0 })]
const AT_CLOSE: Windows = [tumbling(10, { grace: 0 }), { emit: 'on-window-close' }]
const AT_CLOSE_WITH_GRACE: Windows = [tumbling(10, { grace: 5 }), { emit: 'on-window-close' }]

function keyText({ key, window }: Windowed<string>): string {
  return `${key}@${window.startMs}/${window.endMs}`
}

function table(
  builder: StreamsBuilder,
  [windows, options]: Windows,
): KTable<Windowed<string>, string> {
  const grouped = builder.stream('in', TEXT).groupByKey()
  return grouped.windowedBy(windows, options).aggregate({ store: 's', ...APPEND })
}

function plain(windows: Windows): Topology {
  const builder = new StreamsBuilder()
  const stream = table(builder, windows).toStream()
  stream.map((key, value) => [keyText(key), value], TEXT).to('out')
  return builder.build()
}

/** A table that asks for old values: its changes can be read in the repartition topic. */
function regrouped(windows: Windows): Topology {
  const builder = new StreamsBuilder()
  table(builder, windows)
    .groupBy((key, value) => [keyText(key), value], { name: 'g', ...TEXT })
    .reduce({ adder: (_, value) => value, subtractor: (row) => row, store: 'r' })
  return builder.build()
}

const REGROUPED = 'test-g-repartition'

/** As `key,value,timestamp key,value,timestamp …`. */
const phases = (...inputs: readonly string[]): readonly (readonly string[])[] =>
  inputs.map((phase) => phase.split(' '))

const MIXED = phases('a,1,1 b,2,12 a,3,5 b,4,3 a,5,11 c,6,2 b,7,15', 'a,8,7 c,9,25 b,1,4')

// Expected values of this file are what Kafka Streams 4.3.1 wrote for the same records, with one commit a phase.
describe('with a cache, as in Kafka Streams,', () => {
  test('tumbling windows are forwarded once a commit, in the order of their last updates', async () => {
    assert.deepEqual(await outputsByCommit(plain(TUMBLING), MIXED), [
      [
        'a@0/10 13 @5 h2',
        'b@0/10 4 @3 h3',
        'a@10/20 5 @11 h4',
        'c@0/10 6 @2 h5',
        'b@10/20 27 @15 h6',
      ],
      ['a@0/10 138 @7 h7', 'c@20/30 9 @25 h8', 'b@0/10 41 @4 h9'],
    ])
  })

  test('the old value of tumbling windows is the one that was forwarded last', async () => {
    assert.deepEqual(await outputsByCommit(regrouped(TUMBLING), MIXED, { read: REGROUPED }), [
      [
        'a@0/10 (13<-null) @5 h2',
        'b@0/10 (4<-null) @3 h3',
        'a@10/20 (5<-null) @11 h4',
        'c@0/10 (6<-null) @2 h5',
        'b@10/20 (27<-null) @15 h6',
      ],
      ['a@0/10 (138<-13) @7 h7', 'c@20/30 (9<-null) @25 h8', 'b@0/10 (41<-4) @4 h9'],
    ])
  })

  test('hopping windows are forwarded once a commit, in the order of their last updates', async () => {
    assert.deepEqual(await outputsByCommit(plain(HOPPING), MIXED), [
      [
        'b@5/15 2 @12 h1',
        'a@0/10 13 @5 h2',
        'b@0/10 4 @3 h3',
        'a@5/15 35 @11 h4',
        'a@10/20 5 @11 h4',
        'c@0/10 6 @2 h5',
        'b@10/20 27 @15 h6',
        'b@15/25 7 @15 h6',
      ],
      [
        'a@0/10 138 @7 h7',
        'a@5/15 358 @11 h7',
        'c@20/30 9 @25 h8',
        'c@25/35 9 @25 h8',
        'b@0/10 41 @4 h9',
      ],
    ])
  })

  test('the old value of hopping windows is the one that was forwarded last', async () => {
    assert.deepEqual(await outputsByCommit(regrouped(HOPPING), MIXED, { read: REGROUPED }), [
      [
        'b@5/15 (2<-null) @12 h1',
        'a@0/10 (13<-null) @5 h2',
        'b@0/10 (4<-null) @3 h3',
        'a@5/15 (35<-null) @11 h4',
        'a@10/20 (5<-null) @11 h4',
        'c@0/10 (6<-null) @2 h5',
        'b@10/20 (27<-null) @15 h6',
        'b@15/25 (7<-null) @15 h6',
      ],
      [
        'a@0/10 (138<-13) @7 h7',
        'a@5/15 (358<-35) @11 h7',
        'c@20/30 (9<-null) @25 h8',
        'c@25/35 (9<-null) @25 h8',
        'b@0/10 (41<-4) @4 h9',
      ],
    ])
  })
})

describe('with a cache, as in Kafka Streams, of windows that slide', () => {
  test('sliding windows are forwarded once a commit, in the order of their last updates', async () => {
    assert.deepEqual(await outputsByCommit(plain(SLIDING), MIXED), [
      [
        'a@0/10 13 @5 h2',
        'b@2/12 24 @12 h3',
        'b@4/14 2 @12 h3',
        'b@0/10 4 @3 h3',
        'a@2/12 35 @11 h4',
        'a@6/16 5 @11 h4',
        'a@1/11 135 @11 h4',
        'c@0/10 6 @2 h5',
        'b@13/23 7 @15 h6',
        'b@5/15 27 @15 h6',
      ],
      [
        'a@1/11 1358 @11 h7',
        'a@2/12 358 @11 h7',
        'a@6/16 58 @11 h7',
        'a@8/18 5 @11 h7',
        'a@0/10 138 @7 h7',
        'c@15/25 9 @25 h8',
        'b@2/12 241 @12 h9',
        'b@4/14 21 @12 h9',
        'b@0/10 41 @4 h9',
      ],
    ])
  })

  test('the old value of sliding windows is the one that was forwarded last', async () => {
    assert.deepEqual(await outputsByCommit(regrouped(SLIDING), MIXED, { read: REGROUPED }), [
      [
        'a@0/10 (13<-null) @5 h2',
        'b@2/12 (24<-null) @12 h3',
        'b@4/14 (2<-null) @12 h3',
        'b@0/10 (4<-null) @3 h3',
        'a@2/12 (35<-null) @11 h4',
        'a@6/16 (5<-null) @11 h4',
        'a@1/11 (135<-null) @11 h4',
        'c@0/10 (6<-null) @2 h5',
        'b@13/23 (7<-null) @15 h6',
        'b@5/15 (27<-null) @15 h6',
      ],
      [
        'a@1/11 (1358<-135) @11 h7',
        'a@2/12 (358<-35) @11 h7',
        'a@6/16 (58<-5) @11 h7',
        'a@8/18 (5<-null) @11 h7',
        'a@0/10 (138<-13) @7 h7',
        'c@15/25 (9<-null) @25 h8',
        'b@2/12 (241<-24) @12 h9',
        'b@4/14 (21<-2) @12 h9',
        'b@0/10 (41<-4) @4 h9',
      ],
    ])
  })
})

describe('with a cache, as in Kafka Streams,', () => {
  test('a window that was not there before and is not there now is left out', async () => {
    assert.deepEqual(
      await outputsByCommit(
        plain(TUMBLING),
        phases('a,1,1 b,1,2 b,x,3 c,1,4 d,1,15', 'c,x,5 d,x,16 d,2,17 e,1,1 e,x,2 a,x,30'),
      ),
      [
        ['a@0/10 1 @1 h0', 'c@0/10 1 @4 h3', 'd@10/20 1 @15 h4'],
        ['c@0/10 null @5 h5', 'd@10/20 2 @17 h7'],
      ],
    )
  })

  test('a window that has expired before the commit is forwarded all the same', async () => {
    assert.deepEqual(
      await outputsByCommit(
        plain(NO_GRACE),
        phases('a,1,1 a,2,12 a,3,500000', 'a,4,500001 b,5,900000 a,6,900001'),
      ),
      [
        ['a@0/10 1 @1 h0', 'a@10/20 2 @12 h1', 'a@500000/500010 3 @500000 h2'],
        [
          'a@500000/500010 34 @500001 h3',
          'b@900000/900010 5 @900000 h4',
          'a@900000/900010 6 @900001 h5',
        ],
      ],
    )
  })

  test('and so is its old value', async () => {
    assert.deepEqual(
      await outputsByCommit(
        regrouped(NO_GRACE),
        phases('a,1,1', 'a,2,2 a,3,500000 b,4,500001', 'b,5,500002 b,6,900000'),
        { read: REGROUPED },
      ),
      [
        ['a@0/10 (1<-null) @1 h0'],
        [
          'a@0/10 (12<-1) @2 h1',
          'a@500000/500010 (3<-null) @500000 h2',
          'b@500000/500010 (4<-null) @500001 h3',
        ],
        ['b@500000/500010 (45<-4) @500002 h4', 'b@900000/900010 (6<-null) @900000 h5'],
      ],
    )
  })
})

describe('with a cache, as in Kafka Streams, at the close', () => {
  test('what is sent at its close is not lost when time jumps', async () => {
    assert.deepEqual(
      await outputsByCommit(
        plain(AT_CLOSE),
        phases('a,1,1 b,2,2 a,3,35', 'a,4,36 b,5,500000', 'b,6,900000 c,7,900011'),
      ),
      [
        ['a@0/10 1 @1 h2', 'b@0/10 2 @2 h2'],
        ['a@30/40 34 @36 h4'],
        ['b@500000/500010 5 @500000 h5', 'b@900000/900010 6 @900000 h6'],
      ],
    )
  })

  test('nor with a commit for each record', async () => {
    assert.deepEqual(
      await outputsByCommit(
        plain(AT_CLOSE),
        phases('a,1,1', 'b,2,2', 'a,3,35', 'a,4,36', 'b,5,500000', 'b,6,900000', 'c,7,900011'),
      ),
      [
        [],
        [],
        ['a@0/10 1 @1 h2', 'b@0/10 2 @2 h2'],
        [],
        ['a@30/40 34 @36 h4'],
        ['b@500000/500010 5 @500000 h5'],
        ['b@900000/900010 6 @900000 h6'],
      ],
    )
  })

  test('nor with a grace', async () => {
    assert.deepEqual(
      await outputsByCommit(
        plain(AT_CLOSE_WITH_GRACE),
        phases('a,1,1 b,2,2 a,3,35', 'a,4,36 b,5,500000', 'b,6,900000 c,7,900011'),
      ),
      [
        ['a@0/10 1 @1 h2', 'b@0/10 2 @2 h2'],
        ['a@30/40 34 @36 h4'],
        ['b@500000/500010 5 @500000 h5'],
      ],
    )
  })

  test('nor with a grace and a commit for each record', async () => {
    assert.deepEqual(
      await outputsByCommit(
        plain(AT_CLOSE_WITH_GRACE),
        phases('a,1,1', 'b,2,2', 'a,3,35', 'a,4,36', 'b,5,500000', 'b,6,900000', 'c,7,900011'),
      ),
      [
        [],
        [],
        ['a@0/10 1 @1 h2', 'b@0/10 2 @2 h2'],
        [],
        ['a@30/40 34 @36 h4'],
        ['b@500000/500010 5 @500000 h5'],
        [],
      ],
    )
  })
})

describe('without a cache, as Kafka Streams', () => {
  test('each change of tumbling windows is forwarded', async () => {
    assert.deepEqual(
      await outputsByCommit(regrouped(TUMBLING), MIXED, { read: REGROUPED, cacheMaxBytes: 0 }),
      [
        [
          'a@0/10 (1<-) @1 h0',
          'b@10/20 (2<-) @12 h1',
          'a@0/10 (13<-1) @5 h2',
          'b@0/10 (4<-) @3 h3',
          'a@10/20 (5<-) @11 h4',
          'c@0/10 (6<-) @2 h5',
          'b@10/20 (27<-2) @15 h6',
        ],
        ['a@0/10 (138<-13) @7 h7', 'c@20/30 (9<-) @25 h8', 'b@0/10 (41<-4) @4 h9'],
      ],
    )
  })

  test('each change of hopping windows is forwarded', async () => {
    assert.deepEqual(
      await outputsByCommit(regrouped(HOPPING), MIXED, { read: REGROUPED, cacheMaxBytes: 0 }),
      [
        [
          'a@0/10 (1<-) @1 h0',
          'b@5/15 (2<-) @12 h1',
          'b@10/20 (2<-) @12 h1',
          'a@0/10 (13<-1) @5 h2',
          'a@5/15 (3<-) @5 h2',
          'b@0/10 (4<-) @3 h3',
          'a@5/15 (35<-3) @11 h4',
          'a@10/20 (5<-) @11 h4',
          'c@0/10 (6<-) @2 h5',
          'b@10/20 (27<-2) @15 h6',
          'b@15/25 (7<-) @15 h6',
        ],
        [
          'a@0/10 (138<-13) @7 h7',
          'a@5/15 (358<-35) @11 h7',
          'c@20/30 (9<-) @25 h8',
          'c@25/35 (9<-) @25 h8',
          'b@0/10 (41<-4) @4 h9',
        ],
      ],
    )
  })

  test('each change of sliding windows is forwarded', async () => {
    assert.deepEqual(
      await outputsByCommit(regrouped(SLIDING), MIXED, { read: REGROUPED, cacheMaxBytes: 0 }),
      [
        [
          'a@0/10 (1<-) @1 h0',
          'b@2/12 (2<-) @12 h1',
          'a@2/12 (3<-) @5 h2',
          'a@0/10 (13<-1) @5 h2',
          'b@2/12 (24<-2) @12 h3',
          'b@4/14 (2<-null) @12 h3',
          'b@0/10 (4<-) @3 h3',
          'a@2/12 (35<-3) @11 h4',
          'a@6/16 (5<-) @11 h4',
          'a@1/11 (135<-13) @11 h4',
          'c@0/10 (6<-) @2 h5',
          'b@13/23 (7<-) @15 h6',
          'b@5/15 (27<-2) @15 h6',
        ],
        [
          'a@1/11 (1358<-135) @11 h7',
          'a@2/12 (358<-35) @11 h7',
          'a@6/16 (58<-5) @11 h7',
          'a@8/18 (5<-null) @11 h7',
          'a@0/10 (138<-13) @7 h7',
          'c@15/25 (9<-) @25 h8',
          'b@2/12 (241<-24) @12 h9',
          'b@4/14 (21<-2) @12 h9',
          'b@0/10 (41<-4) @4 h9',
        ],
      ],
    )
  })

  test('what is sent at its close is lost when time jumps beyond the retention', async () => {
    assert.deepEqual(
      await outputsByCommit(
        plain(AT_CLOSE),
        phases('a,1,1 b,2,2 a,3,35', 'a,4,36 b,5,500000', 'b,6,900000 c,7,900011'),
        { cacheMaxBytes: 0 },
      ),
      [[], [], ['b@900000/900010 6 @900000 h6']],
    )
  })

  test('with a grace too', async () => {
    assert.deepEqual(
      await outputsByCommit(
        plain(AT_CLOSE_WITH_GRACE),
        phases('a,1,1 b,2,2 a,3,35', 'a,4,36 b,5,500000', 'b,6,900000 c,7,900011'),
        { cacheMaxBytes: 0 },
      ),
      [[], [], []],
    )
  })
})
