import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes, stores, StreamRecord, StreamsBuilder } from '@millrace/core'
import { processorBed, TEXT, type TextProcessor } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const store = stores.keyValue('store', TEXT)

/** Keeps what it saw in memory and in its store, and forwards both with stream time. */
const remembering: TextProcessor = () => {
  let memory = ''
  return {
    process(record, context) {
      memory += record.value
      const state = context.getStateStore(store)
      state.put('seen', (state.get('seen') ?? '') + record.value)
      const value = `${memory} ${state.get('seen') ?? ''} ${context.currentStreamTimeMs}`
      return context.forward(record.withValue(value))
    },
  }
}

test('what is not committed is in no output, and seen by the task alone', async () => {
  const { driver, input, output } = await processorBed([remembering], {
    stores: [store],
    commit: 'manual',
  })
  await input.pipe('k', 'a', { timestampMs: 5 })
  assert.ok(output.isEmpty)
  assert.deepEqual(driver.committedOffsets, [])
  assert.equal(driver.store(store).get('seen'), 'a')

  await driver.commit()

  assert.deepEqual(output.readValues(), ['a a 5'])
  assert.deepEqual(driver.committedOffsets, [{ topic: 'in', partition: 0, offset: 1 }])
})

test('an abort brings back state, stream time and positions, and makes new processors', async () => {
  const { driver, input, output } = await processorBed([remembering], {
    stores: [store],
    commit: 'manual',
  })
  await input.pipe('k', 'a', { timestampMs: 5 })
  await driver.commit()
  await input.pipe('k', 'b', { timestampMs: 50 })
  await input.pipe('k', 'c', { timestampMs: 7 })
  assert.equal(driver.store(store).get('seen'), 'abc')

  await driver.abort()
  assert.equal(driver.store(store).get('seen'), 'a')
  assert.deepEqual(driver.committedOffsets, [{ topic: 'in', partition: 0, offset: 1 }])

  await driver.commit()
  assert.deepEqual(output.readValues(), ['a a 5', 'b ab 50', 'bc abc 50'])
  assert.equal(driver.metrics.aborts, 1)
})

test('stream time after an abort is that of the last commit', async () => {
  const times: number[] = []
  const watching: TextProcessor = () => ({
    init(context) {
      times.push(context.currentStreamTimeMs)
    },
    process: () => undefined,
  })
  const { driver, input } = await processorBed([watching], { commit: 'manual' })
  await input.pipe('k', 'a', { timestampMs: 5 })
  await driver.commit()
  await input.pipe('k', 'b', { timestampMs: 50 })
  await driver.abort()
  await driver.restart()

  assert.deepEqual(times, [-1, 5, 5])
})

test('punctuations are scheduled anew after an abort', async () => {
  const fired: number[] = []
  const punctuating: TextProcessor = () => ({
    init(context) {
      context.schedule(10, 'wall-clock-time', (nowMs) => {
        fired.push(nowMs)
      })
    },
    process: () => undefined,
  })
  const { driver } = await processorBed([punctuating])
  await driver.advanceWallClock(9)
  await driver.abort()
  await driver.advanceWallClock(9)
  await driver.advanceWallClock(1)

  assert.deepEqual(fired, [19])
})

test('a processor can ask for a commit, which comes before the next record', async () => {
  const asking: TextProcessor = () => ({
    init(context) {
      context.schedule(1, 'wall-clock-time', async () => {
        await context.forward(new StreamRecord('k', 'punctuated', 0))
        context.commit()
      })
    },
    process(record, context) {
      if (record.value === 'now') context.commit()
      return context.forward(record)
    },
  })
  const { driver, input, output } = await processorBed([asking], { commit: 'manual' })
  await input.pipe('k', 'a')
  assert.ok(output.isEmpty)
  await input.pipe('k', 'now')
  assert.deepEqual(output.readValues(), ['a', 'now'])
  await input.pipe('k', 'b')
  assert.ok(output.isEmpty)
  await driver.advanceWallClock(1)

  assert.deepEqual(output.readValues(), ['b', 'punctuated'])
})

test('records of a repartition topic are read when the transaction that wrote them is committed', async () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .groupBy((_key, value) => value, { name: 'by-value', ...TEXT })
    .count({ store: 'counts' })
    .toStream()
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build(), { commit: 'manual' })
  const counts = driver.table('counts', { key: serdes.string, value: serdes.long })
  await driver.input('in', TEXT).pipe('k', 'a')
  await driver.abort()
  assert.equal(counts.get('a'), null)
  assert.ok(driver.output('test-by-value-repartition', TEXT).isEmpty)

  await driver.commit()

  assert.equal(counts.get('a')?.value, 1)
  assert.deepEqual(driver.output('test-by-value-repartition', TEXT).readAll(), [['a', 'a']])
})

test('a restart from changelogs gives exactly the state before', async () => {
  const builder = new StreamsBuilder()
  builder.table('rows', { ...TEXT, store: 'rows' })
  builder.stream('in', TEXT).groupByKey().count({ store: 'counts' })
  const driver = await TopologyTestDriver.create(builder.build(), { partitions: 3 })
  const headers = [
    { key: 'h', value: Buffer.from('1') },
    { key: 'h', value: null },
  ]
  const rows = driver.input('rows', TEXT)
  const input = driver.input('in', TEXT)
  for (const [i, key] of ['a', 'b', 'c', 'd', 'e', 'a', 'c', 'a'].entries()) {
    await rows.pipe(key, `v${i}`, { timestampMs: 100 - i, headers: i % 2 === 0 ? headers : [] })
    await input.pipe(key, 'v', { timestampMs: i })
  }
  await rows.pipe('b', null, { timestampMs: 3 })
  const state = (): unknown => [
    [...driver.table('rows', TEXT).all()],
    [...driver.table('counts', { key: serdes.string, value: serdes.long }).all()],
  ]
  const before = state()

  await driver.restart()

  assert.deepEqual(state(), before)
  assert.deepEqual(driver.table('rows', TEXT).get('a'), {
    value: 'v7',
    timestampMs: 93,
    headers: [],
  })
  await input.pipe('a', 'v', { timestampMs: 0 })
  const counts = driver.table('counts', { key: serdes.string, value: serdes.long })
  assert.deepEqual(counts.get('a'), { value: 4, timestampMs: 7, headers: [] })
})

test('what was not committed is lost by a restart, and its records come again', async () => {
  const { driver, input, output } = await processorBed([remembering], {
    stores: [store],
    commit: 'manual',
  })
  await input.pipe('k', 'a', { timestampMs: 5 })
  await driver.commit()
  await input.pipe('k', 'b', { timestampMs: 6 })
  await driver.restart()
  assert.equal(driver.store(store).get('seen'), 'a')

  await driver.commit()

  assert.deepEqual(output.readValues(), ['a a 5', 'b ab 6'])
})

test('a store without logging has no changelog, and is empty after a restart', async () => {
  const unlogged = stores.keyValue('store', { ...TEXT, logging: false })
  const putting: TextProcessor = () => ({
    process(record, context) {
      context.getStateStore(unlogged).put(record.key, record.value)
    },
  })
  const { driver, input } = await processorBed([putting], { stores: [unlogged] })
  await input.pipe('k', 'v')
  assert.equal(driver.store(unlogged).get('k'), 'v')
  assert.equal(driver.metrics.recordsProduced, 0)
  await driver.restart()

  assert.equal(driver.store(unlogged).get('k'), null)
})

test('the changelog has one record for each key that a transaction changed', async () => {
  const { driver, input } = await processorBed([remembering], {
    stores: [store],
    commit: 'manual',
  })
  for (const value of ['a', 'b', 'c']) await input.pipe('k', value, { timestampMs: 9 })
  await driver.commit()

  assert.deepEqual(driver.output('test-store-changelog', TEXT).readRecords(), [
    { key: 'seen', value: 'abc', timestampMs: 9, headers: [] },
  ])
})

test('what a punctuator stores has the time of the punctuation in the changelog', async () => {
  const punctuating: TextProcessor = () => ({
    init(context) {
      context.schedule(10, 'stream-time', () => {
        context.getStateStore(store).put('k', 'streamed')
      })
      context.schedule(10, 'wall-clock-time', () => {
        context.getStateStore(store).put('k', 'clocked')
      })
    },
    process: () => undefined,
  })
  const { driver, input } = await processorBed([punctuating], { stores: [store], startTimeMs: 5 })
  await input.pipe('a', 'v', { timestampMs: 77 })
  await driver.advanceWallClock(10)

  const changelog = driver.output('test-store-changelog', TEXT).readRecords()
  assert.deepEqual(
    changelog.map(({ value, timestampMs }) => [value, timestampMs]),
    [
      ['streamed', 77],
      ['clocked', 15],
    ],
  )
})
