import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serdes, StreamsBuilder, type TimestampExtractor, type Topology } from '@millrace/core'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

/** The table `rows` of the topic of that name, and each group's size in `sizes`. */
function rowsBySize(): Topology {
  const builder = new StreamsBuilder()
  const rows = builder.table('rows', { ...TEXT, store: 'rows' })
  rows
    .groupBy((_key, value) => [value, value], { ...TEXT, name: 'by-value' })
    .count({ store: 'sizes' })
    .toStream()
    .to('sizes')
  return builder.build({ optimization: ['reuse.ktable.source.topics'] })
}

const rowsOf = (driver: TopologyTestDriver): unknown =>
  [...driver.table('rows', TEXT).all()].map(([key, { value, timestampMs }]) => [
    key,
    value,
    timestampMs,
  ])

test('a table that has its topic for its changelog writes no other one', async () => {
  const driver = await TopologyTestDriver.create(rowsBySize())
  await driver.input('rows', TEXT).pipe('a', 'x', { timestampMs: 5 })
  assert.throws(() => driver.output('test-rows-changelog', TEXT), TypeError)
  const sizes = driver.output('test-sizes-changelog', { ...TEXT, value: serdes.long })
  assert.deepEqual(sizes.readAll(), [['x', 1]])
  await driver.close()
})

test('it is restored as far as its topic is committed: a row that comes again is not taken for an old one', async () => {
  const driver = await TopologyTestDriver.create(rowsBySize(), { commit: 'manual' })
  const input = driver.input('rows', TEXT)
  await input.pipe('a', 'x', { timestampMs: 5 })
  await driver.commit()
  await input.pipe('a', 'y', { timestampMs: 6 })
  await driver.restart()
  assert.deepEqual(rowsOf(driver), [['a', 'x', 5]])
  await driver.commit()
  assert.deepEqual(rowsOf(driver), [['a', 'y', 6]])
  const sizes = driver.output('sizes', { ...TEXT, value: serdes.long })
  assert.deepEqual(sizes.readAll(), [
    ['x', 1],
    ['x', 0],
    ['y', 1],
  ])
  await driver.close()
})

test('what was left out of it when it was processed is left out when it is restored', async () => {
  const builder = new StreamsBuilder()
  const types = { key: serdes.string, value: serdes.integer }
  const timestampExtractor: TimestampExtractor = ({ value }) => Number(value)
  builder.table('rows', { ...types, timestampExtractor, store: 'rows' })
  const topology = builder.build({ optimization: 'all' })
  const driver = await TopologyTestDriver.create(topology, {
    deserializationExceptionHandler: 'continue',
  })
  const input = driver.input('rows', types)
  for (const [key, value] of [
    ['a', 7],
    ['b', 8],
    ['b', -1],
    [null, 9],
  ] as const) {
    await input.pipe(key, value, { timestampMs: 100 })
  }
  const broken = driver.input('rows', { key: serdes.string, value: serdes.bytes })
  await broken.pipe('a', Buffer.from('no integer'), { timestampMs: 100 })
  const rows = (): unknown => [...driver.table('rows', types).all()].map(([key, row]) => [key, row])
  const before = rows()
  const noHeaders = { headers: [] }
  assert.deepEqual(before, [
    ['a', { value: 7, timestampMs: 7, ...noHeaders }],
    ['b', { value: 8, timestampMs: 8, ...noHeaders }],
  ])
  await driver.restart()
  assert.deepEqual(rows(), before)
  await driver.close()
})
