import { serdes, StreamsBuilder, type TableTtlOptions, type Topology } from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestDriverOptions } from './driver/driver-options.ts'
import type { TestInputTopic } from './test-input-topic.ts'
import type { TestOutputTopic } from './test-output-topic.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const TEXT = { key: serdes.string, value: serdes.string }
const BYTES = { key: serdes.bytes, value: serdes.bytes }
const HEADERS = [{ key: 'h', value: null }]

type Options = TableTtlOptions<string, string>

function topology(ttl: number, options: Options): Topology {
  const builder = new StreamsBuilder()
  const rows = builder.table('in', TEXT).ttl(ttl, { store: 'rows', ...options })
  rows.toStream().to('out')
  builder
    .stream('asks', TEXT)
    .leftJoin(rows, (ask, row) => `${ask}:${row}`)
    .to('found', TEXT)
  return builder.build()
}

interface Bed {
  readonly driver: TopologyTestDriver
  readonly input: TestInputTopic<string, string>
  readonly asks: TestInputTopic<string, string>
  readonly output: TestOutputTopic<string, string>
}

async function bed(ttl: number, options: Options, more: TestDriverOptions = {}): Promise<Bed> {
  const driver = await TopologyTestDriver.create(topology(ttl, options), more)
  const [input, asks] = [driver.input('in', TEXT), driver.input('asks', TEXT)]
  return { driver, input, asks, output: driver.output('out', TEXT) }
}

type Told = readonly [string | null, string | null, number, number]

function told(output: TestOutputTopic<string, string>): readonly Told[] {
  return output.readRecords().map(({ key, value, timestampMs, headers }): Told => {
    return [key, value, timestampMs, headers.length]
  })
}

describe('by event time', () => {
  const options: Options = { by: 'event-time', checkInterval: 1 }

  test('a row that is not updated is deleted, at the time at which it was over', async () => {
    const { driver, input, output } = await bed(100, options)
    await input.pipe('a', '1', { timestampMs: 10, headers: HEADERS })
    await input.pipe('b', '1', { timestampMs: 60 })
    await input.pipe('a', '2', { timestampMs: 40, headers: HEADERS })
    await input.pipe('c', '1', { timestampMs: 139 })
    assert.deepEqual(told(output), [
      ['a', '1', 10, 1],
      ['b', '1', 60, 0],
      ['a', '2', 40, 1],
      ['c', '1', 139, 0],
    ])
    // The rows that are over go before the record that tells so.
    await input.pipe('d', '1', { timestampMs: 200 })
    assert.deepEqual(told(output), [
      ['a', null, 140, 0],
      ['b', null, 160, 0],
      ['d', '1', 200, 0],
    ])
    assert.deepEqual(
      [...driver.table('rows', TEXT).all()].map(([key, row]) => [key, row.timestampMs]),
      [
        ['c', 139],
        ['d', 200],
      ],
    )
    await driver.close()
  })

  test('a row that comes again with what ends it is a new one, and a deleted one ends nothing', async () => {
    const { driver, input, output } = await bed(100, options)
    await input.pipe('a', '1', { timestampMs: 10 })
    await input.pipe('b', '1', { timestampMs: 10 })
    await input.pipe('b', null, { timestampMs: 20 })
    await input.pipe('a', '2', { timestampMs: 110 })
    await input.pipe('x', null, { timestampMs: 111 })

    assert.deepEqual(told(output), [
      ['a', '1', 10, 0],
      ['b', '1', 10, 0],
      ['b', null, 20, 0],
      ['a', null, 110, 0],
      ['a', '2', 110, 0],
    ])
    // Three rows came and two entries went: the index is left without any but that of the last row.
    assert.equal(driver.output('test-rows-expiry-changelog', BYTES).readRecords().length, 5)
    await driver.close()
  })

  test('an older update does not shorten the life of a row, and one that is over already is dropped', async () => {
    const { driver, input, output } = await bed(100, options)
    await input.pipe('a', '1', { timestampMs: 150 })
    await input.pipe('a', '2', { timestampMs: 10 })
    await input.pipe('b', 'late', { timestampMs: 50 })
    await input.pipe('c', 'not yet', { timestampMs: 51 })
    await input.pipe('d', '1', { timestampMs: 249 })
    await input.pipe('d', '2', { timestampMs: 250 })

    assert.deepEqual(told(output), [
      ['a', '1', 150, 0],
      ['a', '2', 150, 0],
      ['c', 'not yet', 51, 0],
      ['c', null, 151, 0],
      ['d', '1', 249, 0],
      ['a', null, 250, 0],
      ['d', '2', 250, 0],
    ])
    assert.deepEqual(driver.metrics.dropped, { late: 1 })
    await driver.close()
  })

  test('the time of another input of the task ends rows, after its record, which does not see them any more', async () => {
    const { driver, input, asks, output } = await bed(100, options)
    await input.pipe('a', '1', { timestampMs: 10 })
    await asks.pipe('a', 'there', { timestampMs: 109 })
    await asks.pipe('a', 'gone', { timestampMs: 110 })

    assert.deepEqual(told(output), [
      ['a', '1', 10, 0],
      ['a', null, 110, 0],
    ])
    assert.deepEqual(driver.output('found', TEXT).readValues(), ['there:1', 'gone:null'])
    await driver.close()
  })

  test('rows are looked for at multiples of the check interval', async () => {
    const { driver, input, asks, output } = await bed(100, { ...options, checkInterval: 50 })
    await input.pipe('a', '1', { timestampMs: 10 })
    await asks.pipe('a', 'still', { timestampMs: 149 })
    await input.pipe('a', '2', { timestampMs: 20 })
    assert.deepEqual(told(output), [
      ['a', '1', 10, 0],
      ['a', '2', 20, 0],
    ])
    await asks.pipe('a', 'gone', { timestampMs: 150 })
    assert.deepEqual(told(output), [['a', null, 120, 0]])
    assert.deepEqual(driver.output('found', TEXT).readValues(), ['still:1', 'gone:null'])
    await driver.close()
  })
})

describe('by event time, in stores and caches', () => {
  const options: Options = { by: 'event-time', checkInterval: 1 }

  test('the changelog has a tombstone, and rows are over after a restart as before', async () => {
    const { driver, input, output } = await bed(100, { ...options, checkInterval: 50 })
    await input.pipe('a', '1', { timestampMs: 10 })
    await input.pipe('b', '1', { timestampMs: 60 })
    await driver.restart()
    await input.pipe('c', '1', { timestampMs: 120 })
    await driver.restart()
    await input.pipe('c', '2', { timestampMs: 155 })

    assert.deepEqual(told(output).slice(3), [
      ['a', null, 110, 0],
      ['c', '2', 155, 0],
    ])
    const changelog = driver.output('test-rows-changelog', TEXT).readAll()
    assert.deepEqual(changelog.slice(3).sort(), [
      ['a', null],
      ['c', '2'],
    ])
    await driver.close()
  })

  test('with a cache one change a key is told at a commit, as of any table', async () => {
    const { driver, input, output } = await bed(100, options, {
      commit: 'manual',
      cacheMaxBytes: 10_000,
    })
    await input.pipe('a', '1', { timestampMs: 10 })
    await input.pipe('b', '1', { timestampMs: 20 })
    await driver.commit()
    await input.pipe('b', '2', { timestampMs: 100 })
    await input.pipe('c', '1', { timestampMs: 110 })
    await input.pipe('c', '2', { timestampMs: 210 })
    await driver.commit()

    assert.deepEqual(told(output), [
      ['a', '1', 10, 0],
      ['b', '1', 20, 0],
      ['a', null, 110, 0],
      ['b', null, 200, 0],
      ['c', '2', 210, 0],
    ])
    await driver.close()
  })

  test('a row that is updated all the time costs one entry of the index each lifetime', async () => {
    const { driver, input } = await bed(100, options)
    for (let time = 1; time <= 1000; time++) await input.pipe('a', 'x', { timestampMs: time })

    // The first one; then every hundredth record moves it: one is deleted, one is put.
    assert.equal(driver.output('test-rows-expiry-changelog', BYTES).readRecords().length, 21)
    await driver.close()
  })
})

describe('by wall clock', () => {
  const options: Options = { by: 'wall-clock', checkInterval: 10 }

  test('a row that is not updated for that long is deleted, with stream time', async () => {
    const { driver, input, output } = await bed(100, options)
    await input.pipe('a', '1', { timestampMs: 7000, headers: HEADERS })
    await driver.advanceWallClock(50)
    await input.pipe('b', '1', { timestampMs: 5000 })
    await input.pipe('c', '1', { timestampMs: 9000 })
    await input.pipe('c', null, { timestampMs: 9000 })
    await driver.advanceWallClock(40)
    await input.pipe('b', '2', { timestampMs: 1 })
    await driver.advanceWallClock(10)
    assert.deepEqual(told(output), [
      ['a', '1', 7000, 1],
      ['b', '1', 5000, 0],
      ['c', '1', 9000, 0],
      ['c', null, 9000, 0],
      ['b', '2', 5000, 0],
      ['a', null, 9000, 0],
    ])
    await driver.advanceWallClock(89)
    assert.deepEqual(told(output), [])
    await driver.advanceWallClock(1)
    assert.deepEqual(told(output), [['b', null, 9000, 0]])
    assert.deepEqual([...driver.table('rows', TEXT).all()], [])
    await driver.close()
  })

  test('the time of an update is kept over a restart, and is another one after an abort', async () => {
    const { driver, input, output } = await bed(100, options, { commit: 'manual' })
    await input.pipe('a', '1', { timestampMs: 1 })
    await driver.commit()
    await driver.advanceWallClock(60)
    await driver.restart()
    await input.pipe('b', '1', { timestampMs: 2 })
    await driver.abort()
    await driver.advanceWallClock(40)
    await driver.commit()
    assert.deepEqual(told(output), [
      ['a', '1', 1, 0],
      ['a', null, 1, 0],
      ['b', '1', 2, 0],
    ])
    await driver.advanceWallClock(90)
    await driver.commit()
    assert.deepEqual(told(output), [])
    await driver.advanceWallClock(10)
    await driver.commit()
    assert.deepEqual(told(output), [['b', null, 2, 0]])
    await driver.close()
  })
})

test('what follows is told the rows that go: an aggregate takes them out', async () => {
  const builder = new StreamsBuilder()
  builder
    .table('in', TEXT)
    .ttl(100, { by: 'event-time', checkInterval: 1 })
    .groupBy((_key, value) => [value, value], TEXT)
    .count()
    .toStream()
    .to('counts')
  const driver = await TopologyTestDriver.create(builder.build())
  const input = driver.input('in', TEXT)
  await input.pipe('a', 'x', { timestampMs: 1 })
  await input.pipe('b', 'x', { timestampMs: 50 })
  await input.pipe('c', 'y', { timestampMs: 120 })

  const counts = driver.output('counts', { key: serdes.string, value: serdes.long })
  assert.deepEqual(counts.readAll(), [
    ['x', 1],
    ['x', 2],
    ['x', 1],
    ['y', 1],
  ])
  await driver.close()
})

test('updates that are over when they come can go to a side stream', async () => {
  const builder = new StreamsBuilder()
  builder.table('in', TEXT).ttl(100, {
    by: 'event-time',
    checkInterval: 1,
    name: 'live',
    dropped: (late) => {
      late.mapValues(({ reason, value }) => `${reason}: ${value}`).to('late', TEXT)
    },
  })
  const driver = await TopologyTestDriver.create(builder.build())
  const input = driver.input('in', TEXT)
  await input.pipe('a', '1', { timestampMs: 150 })
  await input.pipe('b', '2', { timestampMs: 50 })

  assert.deepEqual(driver.output('late', TEXT).readAll(), [['b', 'late: 2']])
  await driver.close()
})

test('a time to live or a check interval of nothing is refused', () => {
  const table = new StreamsBuilder().table('in', TEXT)

  assert.throws(() => table.ttl(0, { by: 'event-time' }), /^TypeError: ttl: a row must live/)
  assert.throws(
    () => table.ttl(5, { by: 'event-time', checkInterval: 0 }),
    /^TypeError: ttl: the check interval must be longer than 0 ms$/,
  )
})
