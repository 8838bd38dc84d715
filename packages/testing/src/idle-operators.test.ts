import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  joinWindows,
  type KStream,
  type KTable,
  type Serde,
  serdes,
  session,
  sliding,
  StreamsBuilder,
  tumbling,
  untilTimeLimit,
  untilWindowCloses,
  type Windowed,
} from '@millrace/core'
import type { TestDriverOptions } from './driver/driver-options.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const SOURCE = { ...TEXT, watermark: { idle: '1 minute' } } as const
const MINUTE = 60_000

interface Bed {
  readonly driver: TopologyTestDriver
  readonly pipe: (topic: string, value: string, timestampMs: number, key?: string) => Promise<void>
  /** Lets the clock go on to `ms` after the idleness of the last record has run out: event time goes on by `ms`. */
  readonly goOn: (ms: number) => Promise<void>
  /** What came since the last call, as key, value and time. */
  readonly read: () => readonly string[]
}

async function bed(
  build: (builder: StreamsBuilder) => KStream<string, string | number>,
  options: TestDriverOptions = {},
): Promise<Bed> {
  const builder = new StreamsBuilder()
  build(builder)
    .mapValues(String, { value: serdes.string })
    .to('out', { key: serdes.string, value: serdes.string })
  const driver = await TopologyTestDriver.create(builder.build(), options)
  const output = driver.output('out', TEXT)
  let lastMs = 0
  return {
    driver,
    pipe(topic, value, timestampMs, key = 'k') {
      lastMs = driver.nowMs
      return driver.input(topic, TEXT).pipe(key, value, { timestampMs })
    },
    goOn: (ms) => driver.advanceWallClock(lastMs + MINUTE + ms - driver.nowMs),
    read: () =>
      output.readRecords().map(({ key, value, timestampMs }) => `${key}=${value} ${timestampMs}`),
  }
}

/** Keys as `k@start-end`. */
function asText<V>(table: KTable<Windowed<string>, V>, value?: Serde<V>): KStream<string, V> {
  const options = { key: serdes.string, ...(value === undefined ? {} : { value }) }
  return table
    .toStream()
    .map(({ key, window }, v) => [`${key}@${window.startMs}-${window.endMs}`, v], options)
}

const final = { emit: 'on-window-close' } as const

test('final windows of all kinds are sent while the input is idle', async () => {
  const windowed = {
    tumbling: tumbling(100, { grace: 20 }),
    sliding: sliding(100, { grace: 20 }),
  }
  for (const kind of ['tumbling', 'sliding', 'session'] as const) {
    const { pipe, goOn, read } = await bed((builder) => {
      const grouped = builder.stream('in', SOURCE).groupByKey()
      return asText(
        kind === 'session'
          ? grouped.windowedBy(session(100, { grace: 20 }), final).count()
          : grouped.windowedBy(windowed[kind], final).count(),
      )
    })
    await pipe('in', 'a', 1000)
    await goOn(119)
    assert.deepEqual(read(), kind === 'sliding' ? ['k@900-1000=1 1000'] : [], kind)
    await goOn(121)
    const expected = {
      tumbling: ['k@1000-1100=1 1000'],
      sliding: [],
      session: ['k@1000-1000=1 1000'],
    }
    assert.deepEqual(read(), expected[kind], kind)
  }
})

test('a sliding window is final when its end, which belongs to it, is over', async () => {
  const { pipe, goOn, read } = await bed((builder) =>
    asText(
      builder
        .stream('in', SOURCE)
        .groupByKey()
        .windowedBy(sliding(100, { grace: 20 }), final)
        .count(),
    ),
  )
  await pipe('in', 'a', 1000)
  await goOn(20)
  assert.deepEqual(read(), [])
  await goOn(21)
  assert.deepEqual(read(), ['k@900-1000=1 1000'])
})

test('a long jump loses no window, though it would be expired by then', async () => {
  const { pipe, goOn, read } = await bed((builder) =>
    asText(
      builder
        .stream('in', SOURCE)
        .groupByKey()
        .windowedBy(tumbling(100, { grace: 0 }), final)
        .count({ retention: 100 }),
    ),
  )
  await pipe('in', 'a', 1000)
  await goOn(24 * 60 * MINUTE)

  assert.deepEqual(read(), ['k@1000-1100=1 1000'])
})

test('a record that comes after its window was closed by idleness is late, also after a restart', async () => {
  for (const kind of ['none', 'abort', 'restart'] as const) {
    const { driver, pipe, goOn, read } = await bed((builder) =>
      asText(
        builder
          .stream('in', SOURCE)
          .groupByKey()
          .windowedBy(tumbling(100, { grace: 0 }), final)
          .count(),
      ),
    )
    await pipe('in', 'a', 1000)
    await goOn(150)
    if (kind === 'abort') await driver.abort()
    if (kind === 'restart') await driver.restart()
    await pipe('in', 'b', 1050)
    await goOn(150)

    assert.deepEqual(read(), ['k@1000-1100=1 1000'], kind)
    assert.deepEqual(driver.metrics.dropped, { late: 1 }, kind)
  }
})

test('a late session is judged by the time that idleness has reached', async () => {
  for (const kind of ['none', 'abort', 'restart'] as const) {
    const { driver, pipe, goOn, read } = await bed((builder) =>
      asText(
        builder
          .stream('in', SOURCE)
          .groupByKey()
          .windowedBy(session(100, { grace: 0 }), final)
          .count(),
      ),
    )
    await pipe('in', 'a', 1000)
    await goOn(150)
    if (kind === 'abort') await driver.abort()
    if (kind === 'restart') await driver.restart()
    await pipe('in', 'b', 1040)

    assert.deepEqual(read(), ['k@1000-1000=1 1000'], kind)
    assert.deepEqual(driver.metrics.dropped, { late: 1 }, kind)
  }
})

test('suppressed rows come out: of windows when they close, others when their time is up', async () => {
  const { pipe, goOn, read } = await bed((builder) => {
    const grouped = builder.stream('in', SOURCE).groupByKey()
    const counted = grouped.windowedBy(tumbling(100, { grace: 20 })).count()
    const final = asText(counted.suppress(untilWindowCloses()))
    const limited = grouped
      .count()
      .suppress(untilTimeLimit(300))
      .toStream()
      .selectKey((key) => `${key} in all`, { key: serdes.string })
    return final.merge(limited)
  })
  await pipe('in', 'a', 1000)
  await pipe('in', 'b', 1010)
  await goOn(109)
  assert.deepEqual(read(), [])
  await goOn(110)
  assert.deepEqual(read(), ['k@1000-1100=2 1010'])
  await goOn(290)
  assert.deepEqual(read(), ['k in all=2 1010'])
})

test('records of outer joins that stay alone come out, without headers', async () => {
  const { pipe, goOn, read } = await bed((builder) =>
    builder
      .stream('left', SOURCE)
      .outerJoin(
        builder.stream('right', SOURCE),
        (left, right) => `${left ?? '-'}+${right ?? '-'}`,
        { within: joinWindows({ before: 10, after: 50 }, { grace: 5 }), value: serdes.string },
      ),
  )
  await pipe('left', 'a', 1000)
  await pipe('right', 'b', 1000, 'other')
  await goOn(15)
  assert.deepEqual(read(), [])
  await goOn(16)
  assert.deepEqual(read(), ['other=-+b 1000'])
  await goOn(55)
  assert.deepEqual(read(), [])
  await goOn(56)
  assert.deepEqual(read(), ['k=a+- 1000'])
})

test('a join of streams waits for the side that is held back', async () => {
  const { pipe, goOn, read } = await bed((builder) => {
    const counted = builder
      .stream('left', SOURCE)
      .groupByKey()
      .windowedBy(tumbling(100, { grace: 0 }), final)
      .count()
      .toStream()
      .map(({ key }, value) => [key, String(value)], TEXT)
      .repartition({ name: 'there' })
    return builder
      .stream('right', SOURCE)
      .leftJoin(counted, (right, left) => `${right}+${left ?? '-'}`, {
        within: joinWindows(10, { grace: 0 }),
        value: serdes.string,
      })
  })
  await pipe('left', 'a', 1000)
  await pipe('right', 'b', 1000)
  // The window is told at 1100 and has the time 1000: the record on the right has a match after all.
  for (const ms of [40, 90, 140, 170]) await goOn(ms)

  assert.deepEqual(read(), ['k=b+1 1000'])
})

test('records that wait for a versioned table are joined', async () => {
  const { pipe, goOn, read } = await bed((builder) => {
    const table = builder.table('table', { ...SOURCE, store: 't', versioned: '1 hour' })
    return builder
      .stream('in', SOURCE)
      .join(table, (value, row) => `${value}+${row}`, { grace: 100, value: serdes.string })
  })
  await pipe('table', 'row', 900)
  await pipe('in', 'a', 1000)
  await goOn(99)
  assert.deepEqual(read(), [])
  await pipe('table', 'better', 990)
  await goOn(1)
  assert.deepEqual(read(), ['k=a+better 1000'])
})

test('windows of windows are right: the second waits for what the first holds back', async () => {
  for (const options of [{ singleTask: false }, { singleTask: true }]) {
    const { driver, pipe, read } = await bed(
      (builder) =>
        asText(
          builder
            .stream('in', SOURCE)
            .groupByKey()
            .windowedBy(tumbling(100, { grace: 50 }), final)
            .count()
            .toStream()
            .map(({ key }, count) => [key, String(count)], TEXT)
            .groupByKey({ ...TEXT, name: 'again' })
            .windowedBy(tumbling(200, { grace: 0 }), final)
            .reduce((a, b) => `${a},${b}`, { value: serdes.string }),
        ),
      options,
    )
    await pipe('in', 'a', 1000)
    await pipe('in', 'b', 1110)
    await pipe('in', 'c', 1120)
    const seen: string[] = []
    for (let i = 0; i < 40; i++) {
      await driver.advanceWallClock(i % 4 === 0 ? MINUTE : 37)
      seen.push(...read())
    }

    assert.deepEqual(seen, ['k@1000-1200=1,2 1120'], JSON.stringify(options))
  }
})

test('windows of windows in one task are right, too', async () => {
  const { driver, pipe, goOn, read } = await bed((builder) =>
    builder
      .stream('in', SOURCE)
      .groupByKey()
      .windowedBy(tumbling(100, { grace: 50 }), final)
      .count()
      .toStream()
      .groupByKey({ key: serdes.timeWindowed(serdes.string, 100), value: serdes.long })
      .windowedBy(tumbling(100, { grace: 0 }), final)
      .count()
      .toStream()
      .selectKey(({ key: { key, window } }) => `${key}@${window.startMs}`, { key: serdes.string }),
  )
  await pipe('in', 'a', 1000)
  // The second one would close its window at 1100, and gets what goes into it at 1150.
  for (const ms of [120, 160, 260]) await goOn(ms)

  assert.deepEqual(read(), ['k@1000=1 1000'])
  assert.deepEqual(driver.metrics.dropped, {})
})

test('what a cache holds back is sent before time goes on', async () => {
  const { driver, pipe, goOn, read } = await bed(
    (builder) =>
      asText(
        builder
          .stream('in', SOURCE)
          .groupByKey()
          .count()
          .toStream()
          .groupByKey()
          .windowedBy(tumbling(100, { grace: 0 }), final)
          .count(),
      ),
    { cacheMaxBytes: 1_000_000, commit: 'manual' },
  )
  await pipe('in', 'a', 1000)
  await goOn(50)
  await goOn(100)
  await driver.commit()

  assert.deepEqual(read(), ['k@1000-1100=1 1000'])
})

test('rows of a table with a time to live are over while the input is idle', async () => {
  const { pipe, goOn, read } = await bed((builder) =>
    builder
      .table('in', SOURCE)
      .ttl(200, { by: 'event-time', checkInterval: 10, store: 'rows', caching: false })
      .toStream()
      .mapValues((value: string | null) => value ?? 'over', { value: serdes.string }),
  )
  await pipe('in', 'a', 1000)
  await goOn(199)
  assert.deepEqual(read(), ['k=a 1000'])
  await goOn(200)
  assert.deepEqual(
    read().map((one) => one.replace(/ .*/, '')),
    ['k=over'],
  )
})
