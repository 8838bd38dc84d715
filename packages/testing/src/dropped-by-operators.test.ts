import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  hopping,
  joinWindows,
  logAndSkipOnInvalidTimestamp,
  serdes,
  session,
  sliding,
  type StreamsBuilder,
  tumbling,
  unlimited,
} from '@millrace/core'
import { type Input, sideOf, toSide } from './dropped.testkit.ts'
import { TEXT } from './processor-bed.testkit.ts'

test('the side stream of an aggregation has records without a key or a value', async () => {
  for (const kind of ['count', 'reduce', 'aggregate'] as const) {
    const side = await sideOf(
      (builder) => {
        const grouped = builder.stream('in', TEXT).groupByKey()
        if (kind === 'count') grouped.count({ dropped: toSide })
        else if (kind === 'reduce') grouped.reduce((a, b) => a + b, { dropped: toSide })
        else {
          grouped.aggregate({
            init: () => '',
            add: (_, value, all) => all + value,
            value: serdes.string,
            dropped: toSide,
          })
        }
      },
      [
        ['in', 'k', 'a', 10],
        ['in', null, 'b', 20],
        ['in', 'k', null, 15],
      ],
    )

    assert.deepEqual(side, [
      ['null-key', null, 'b', 20, 20],
      ['null-value', 'k', null, 15, 20],
    ])
  }
})

test('the side stream of hopping windows has one entry for each window that is closed', async () => {
  const side = await sideOf(
    (builder) => {
      const windows = hopping(30, { advance: 10, grace: 5 })
      builder.stream('in', TEXT).groupByKey().windowedBy(windows).count({ dropped: toSide })
    },
    [
      ['in', 'k', 'a', 100],
      ['in', 'k', 'b', 78],
      ['in', null, 'c', 101],
    ],
  )

  assert.deepEqual(side, [
    ['late', 'k', 'b', 78, 100, '50-80'],
    ['late', 'k', 'b', 78, 100, '60-90'],
    ['null-key', null, 'c', 101, 101],
  ])
})

test('the side stream of tumbling and unlimited windows says which were missed', async () => {
  const late = await sideOf(
    (builder) => {
      const windows = tumbling(10, { grace: 0 })
      builder.stream('in', TEXT).groupByKey().windowedBy(windows).count({ dropped: toSide })
    },
    [
      ['in', 'k', 'a', 25],
      ['in', 'other', 'b', 19],
    ],
  )
  const early = await sideOf(
    (builder) => {
      const windows = unlimited({ start: 100 })
      builder.stream('in', TEXT).groupByKey().windowedBy(windows).count({ dropped: toSide })
    },
    [['in', 'k', 'a', 99]],
  )

  assert.deepEqual(late, [['late', 'other', 'b', 19, 25, '10-20']])
  assert.deepEqual(early, [['before-window-start', 'k', 'a', 99, 99]])
})

test('the side stream of sliding windows and of sessions tells the window and the time that has passed', async () => {
  const inputs: readonly Input[] = [
    ['in', 'k', 'a', 100],
    ['in', 'k', 'b', 50],
    ['in', 'k', null, 101],
  ]
  const late = await sideOf((builder) => {
    const windows = sliding(10, { grace: 5 })
    builder.stream('in', TEXT).groupByKey().windowedBy(windows).count({ dropped: toSide })
  }, inputs)
  const sessions = await sideOf((builder) => {
    const windows = session(10, { grace: 5 })
    builder.stream('in', TEXT).groupByKey().windowedBy(windows).count({ dropped: toSide })
  }, inputs)

  assert.deepEqual(late, [
    ['late', 'k', 'b', 50, 100, '50-60'],
    ['null-value', 'k', null, 101, 101],
  ])
  assert.deepEqual(sessions, [['late', 'k', 'b', 50, 100, '50-50']])
})

test('the side stream of tables has rows without a key', async () => {
  const inputs: readonly Input[] = [
    ['in', 'k', 'a', 1],
    ['in', null, 'b', 2],
  ]
  const table = await sideOf((builder) => {
    builder.table('in', { ...TEXT, store: 's', dropped: toSide })
  }, inputs)
  const streamed = await sideOf((builder) => {
    builder.stream('in', TEXT).toTable({ store: 's', dropped: toSide })
  }, inputs)

  assert.deepEqual(table, [['null-key', null, 'b', 2, 2]])
  assert.deepEqual(streamed, table)
})

test('the side stream of a versioned table has what is older than its history', async () => {
  const side = await sideOf(
    (builder) => {
      builder.table('in', { ...TEXT, store: 's', versioned: '1 minute', dropped: toSide })
    },
    [
      ['in', 'k', 'a', 1_000_000],
      ['in', 'k', 'b', 900_000],
    ],
  )

  assert.deepEqual(side, [['expired-version', 'k', 'b', 900_000, 1_000_000]])
})

test('the side stream of a join with a table has records without a key or a value', async () => {
  const side = await sideOf(
    (builder) => {
      const table = builder.table('table', TEXT)
      builder
        .stream('in', TEXT)
        .join(table, (left, right) => left + right, { value: serdes.string, dropped: toSide })
        .to('out')
    },
    [
      ['in', null, 'a', 1],
      ['in', 'k', null, 2],
      ['in', 'k', 'no row, and not dropped', 3],
    ],
  )

  assert.deepEqual(side, [
    ['null-key', null, 'a', 1, 1],
    ['null-value', 'k', null, 2, 2],
  ])
})

test('the side stream of a join of two streams has what both sides drop', async () => {
  const side = await sideOf(
    (builder) => {
      builder
        .stream('left', TEXT)
        .join(builder.stream('right', TEXT), (a, b) => a + b, {
          within: joinWindows(10, { grace: 0 }),
          value: serdes.string,
          dropped: toSide,
        })
        .to('out')
    },
    [
      ['left', null, 'a', 1],
      ['right', 'k', null, 2],
    ],
  )

  assert.deepEqual(side, [
    ['null-key', null, 'a', 1, 1],
    ['null-value', 'k', null, 2, 2],
  ])
})

test('the side stream of a join of two tables has out-of-order versions', async () => {
  const side = await sideOf(
    (builder) => {
      const versioned = { ...TEXT, versioned: '1 hour' } as const
      builder
        .table('left', { ...versioned, store: 'l' })
        .join(builder.table('right', { ...versioned, store: 'r' }), (a, b) => a + b, {
          dropped: toSide,
        })
        .toStream()
        .to('out', { value: serdes.string })
    },
    [
      ['left', 'k', 'new', 20],
      ['left', 'k', 'old', 10],
    ],
  )

  assert.deepEqual(side, [['out-of-order-version', 'k', 'old', 10, 20]])
})

test('the side stream of a join over a foreign key has rows without one, and stale answers when asked for', async () => {
  const build = (tellsStaleResponses: boolean) => (builder: StreamsBuilder) => {
    builder
      .table('left', { ...TEXT, store: 'l' })
      .join(builder.table('right', { ...TEXT, store: 'r' }), (a, b) => a + b, {
        name: 'join',
        foreignKey: (value) => (value === 'none' ? null : value),
        value: serdes.string,
        tellsStaleResponses,
        dropped: toSide,
      })
      .toStream()
      .to('out')
  }
  const inputs: readonly Input[] = [
    ['right', 'x', 'X', 1],
    ['left', 'k', 'none', 2],
    ['left', 'k', 'x', 3],
    ['left', 'k', 'y', 4],
  ]

  const withoutKey = ['null-foreign-key', 'k', 'none', 2, 2]
  const atOnce = { commit: 'manual' } as const

  assert.deepEqual(await sideOf(build(false), inputs, atOnce), [withoutKey])
  assert.deepEqual(await sideOf(build(true), inputs, atOnce), [
    withoutKey,
    ['stale-response', 'k', 'X', 3, 4],
  ])
})

test('the side stream of a source has records without a valid timestamp, with the time that was reached', async () => {
  const side = await sideOf(
    (builder) => {
      builder.stream('in', { ...TEXT, dropped: toSide }).to('out')
    },
    [
      ['in', 'k', 'a', -1],
      ['in', 'k', 'b', 30],
      ['in', 'k', 'c', -1],
    ],
    { timestampExtractor: logAndSkipOnInvalidTimestamp },
  )

  assert.deepEqual(side, [
    ['invalid-timestamp', 'k', 'a', -1, -1],
    ['invalid-timestamp', 'k', 'c', -1, 30],
  ])
})

test('the side stream of a processor of the user has what it says', async () => {
  const side = await sideOf(
    (builder) => {
      builder
        .stream('in', TEXT)
        .process<string, string>(
          () => ({
            process(record, context) {
              context.recordDropped('late', { window: { startMs: 1, endMs: 2 }, streamTimeMs: 9 })
              return context.forward(record)
            },
          }),
          { ...TEXT, dropped: toSide },
        )
        .to('out')
    },
    [['in', 'k', 'a', 5]],
  )

  assert.deepEqual(side, [['late', 'k', 'a', 5, 9, '1-2']])
})

test('the side stream of a cogroup has what any of its streams drops', async () => {
  const side = await sideOf(
    (builder) => {
      const right = builder.stream('right', TEXT).groupByKey()
      builder
        .stream('left', TEXT)
        .groupByKey()
        .cogroup((_, value, all: string) => all + value)
        .cogroup(right, (_, value, all) => value + all)
        .aggregate({
          init: () => '',
          value: serdes.string,
          dropped(records) {
            records.to('side')
          },
        })
    },
    [
      ['left', 'k', null, 1],
      ['right', null, 'b', 2],
    ],
  )

  assert.deepEqual(side, [
    ['null-value', 'k', null, 1, 1],
    ['null-key', null, 'b', 2, 2],
  ])
})

test('the side stream of a table with a time to live has updates that are over when they come', async () => {
  const side = await sideOf(
    (builder) => {
      builder
        .table('in', TEXT)
        .ttl(100, { by: 'event-time', checkInterval: 10, store: 's', dropped: toSide })
    },
    [
      ['in', 'k', 'a', 1000],
      ['in', 'other', 'b', 850],
    ],
  )

  assert.deepEqual(side, [['late', 'other', 'b', 850, 1000]])
})
