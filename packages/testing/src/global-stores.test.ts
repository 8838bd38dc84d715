import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type KeyValueStore,
  type ProcessorSupplier,
  type ReadOnlyKeyValueStore,
  serdes,
  stores,
  StreamsBuilder,
} from '@millrace/core'
import { TEXT, type TextProcessor } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const rows = stores.keyValue('rows', TEXT)
type Rows = KeyValueStore<string, string>

/** Keeps values in capitals. */
const loud: ProcessorSupplier<string, string, never, never> = () => ({
  process({ key, value }, context) {
    context.getStateStore(rows).put(key, value.toUpperCase())
  },
})
const keeping: ProcessorSupplier<string, string, never, never> = () => ({
  process({ key, value }, context) {
    context.getStateStore(rows).put(key, value)
  },
})
const looking: TextProcessor = () => ({
  process(record, context) {
    const store = context.getStateStore('rows') as ReadOnlyKeyValueStore<string, string>
    return context.forward(record.withValue(`${record.value}+${store.get(record.value)}`))
  },
})

test('any processor reads a global store, in tasks of all partitions, and after a restart', async () => {
  const builder = new StreamsBuilder()
  builder.addGlobalStore(rows, 'global', { ...TEXT, processor: loud })
  builder.stream('in', TEXT).process(looking, TEXT).to('out')
  const driver = await TopologyTestDriver.create(builder.build(), { partitions: 4 })
  const global = driver.input('global', TEXT)
  const input = driver.input('in', TEXT)
  const output = driver.output('out', TEXT)

  for (const key of ['a', 'b', 'c', 'd', 'e']) await global.pipe(key, `row-${key}`)
  for (const key of ['e', 'd', 'a']) await input.pipe(key, key)
  assert.deepEqual(output.readValues().toSorted(), ['a+ROW-A', 'd+ROW-D', 'e+ROW-E'])

  await driver.restart()
  await input.pipe('x', 'b')
  assert.deepEqual(output.readValues(), ['b+ROW-B'])
  assert.equal((driver.store('rows') as Rows).get('c'), 'ROW-C')
  await driver.close()
})

test('a global store has no changelog, and nobody else writes to it', async () => {
  const builder = new StreamsBuilder()
  builder.addGlobalStore(rows, 'global', { ...TEXT, processor: keeping })
  builder
    .stream('in', TEXT)
    .process(
      (): ReturnType<TextProcessor> => ({
        process(record, context) {
          context.getStateStore(rows).put('a', 'b')
          return context.forward(record)
        },
      }),
      TEXT,
    )
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build())

  assert.throws(() => driver.output('test-rows-changelog', TEXT), TypeError)
  await assert.rejects(driver.input('in', TEXT).pipe('k', 'v'), (error: Error) =>
    /global store rows is written by its own processor only/.test(String(error.cause)),
  )
  await driver.close()
})

test('what the topology writes to its own global topic is there for the next record', async () => {
  const builder = new StreamsBuilder()
  const global = builder.globalTable('global', TEXT)
  const stream = builder.stream('in', TEXT)
  stream.filter((_, value) => value !== '').to('global')
  stream
    .filter((_, value) => value === '')
    .leftJoin(global, (_left, right) => String(right), { key: (key) => key, value: serdes.string })
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build())
  const input = driver.input('in', TEXT)

  await input.pipe('a', '1')
  await input.pipe('a', '')
  await input.pipe('b', '')
  assert.deepEqual(driver.output('out', TEXT).readValues(), ['1', 'null'])
  await driver.close()
})

test('an abort leaves a global store as it is: it is in no transaction', async () => {
  const builder = new StreamsBuilder()
  builder.globalTable('global', { ...TEXT, store: 'rows' })
  builder.stream('in', TEXT).to('out')
  const driver = await TopologyTestDriver.create(builder.build(), { commit: 'manual' })

  await driver.input('global', TEXT).pipe('a', '1')
  await driver.abort()
  assert.equal(driver.table('rows', TEXT).get('a')?.value, '1')
  await driver.close()
})

test('a record that fails a global store comes again', async () => {
  let isBroken = true
  const builder = new StreamsBuilder()
  builder.addGlobalStore(rows, 'global', {
    ...TEXT,
    processor: () => ({
      process({ key, value }, context) {
        if (isBroken) throw new Error('broken')
        context.getStateStore(rows).put(key, value)
      },
    }),
  })
  builder.stream('in', TEXT).to('out')
  const driver = await TopologyTestDriver.create(builder.build())

  await assert.rejects(driver.input('global', TEXT).pipe('a', '1'))
  isBroken = false
  await driver.input('in', TEXT).pipe('k', 'v')
  assert.equal((driver.store('rows') as Rows).get('a'), '1')
  await driver.close()
})

test('a read-only store is restored from its topic, and has no other changelog', async () => {
  const builder = new StreamsBuilder()
  builder.addReadOnlyStateStore(rows, 'rows-in', { ...TEXT, processor: keeping })
  builder
    .stream('in', TEXT)
    .process(looking, { ...TEXT, stores: [rows] })
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build(), { partitions: 2 })
  const input = driver.input('in', TEXT)
  const output = driver.output('out', TEXT)
  const table = driver.input('rows-in', TEXT)

  for (const key of ['a', 'b', 'c']) await table.pipe(key, `row-${key}`)
  await table.pipe('b', 'other')
  await driver.restart()
  for (const key of ['a', 'b', 'c']) await input.pipe(key, key)
  assert.deepEqual(output.readValues().toSorted(), ['a+row-a', 'b+other', 'c+row-c'])
  assert.throws(() => driver.output('test-rows-changelog', TEXT), TypeError)
  await driver.close()
})
