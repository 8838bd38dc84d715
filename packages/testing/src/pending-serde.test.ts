import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  MillraceError,
  serdes,
  stores,
  StreamsBuilder,
  type Topology,
  whenReady,
} from '@millrace/core'
import { LetterSerde } from './pending-serde.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const key = serdes.string
const text = { key, value: serdes.string }
const unavailable = (): MillraceError => new MillraceError('MR_SCHEMA_UNAVAILABLE', 'down')

function passing(reads: LetterSerde, writes: LetterSerde): Topology {
  const builder = new StreamsBuilder()
  builder.stream('in', { key, value: reads }).to('out', { key, value: writes })
  return builder.build()
}

test('a record that a source cannot decode yet waits, and is processed once', async () => {
  const [reads, writes] = [new LetterSerde(), new LetterSerde()]
  const driver = await TopologyTestDriver.create(passing(reads, writes))
  const input = driver.input('in', text)
  for (const value of ['a1', 'b1', 'a2']) await input.pipe('k', value)

  assert.deepEqual(driver.output('out', text).readValues(), ['a1', 'b1', 'a2'])
  assert.deepEqual(reads.asked, ['a', 'b'])
  await driver.close()
})

test('a sink prepares for its topic when its task opens', async () => {
  const [reads, writes] = [new LetterSerde(), new LetterSerde()]
  const driver = await TopologyTestDriver.create(passing(reads, writes))
  assert.deepEqual(writes.asked, ['topic out'])
  assert.deepEqual(reads.asked, [])
  await driver.close()
})

test('a record that a sink cannot encode yet is processed again from the commit, and written once', async () => {
  const [reads, writes] = [new LetterSerde(), new LetterSerde()]
  const counts = stores.keyValue('counts', { key, value: serdes.long })
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key, value: reads })
    .process<string, string>(
      () => ({
        process(record, context) {
          const store = context.getStateStore(counts)
          const count = (store.get('n') ?? 0) + 1
          store.put('n', count)
          return context.forward(record.withValue(`${record.value}#${count}`))
        },
      }),
      { stores: [counts], key, value: writes },
    )
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build())
  const input = driver.input('in', text)
  await input.pipe('k', 'a')
  await input.pipe('k', 'b')

  assert.deepEqual(driver.output('out', text).readValues(), ['a#1', 'b#2'])
  assert.equal(driver.metrics.aborts, 2)
  await driver.close()
})

test('a row of a store that cannot be decoded yet is read once it can', async () => {
  const rows = new LetterSerde()
  const builder = new StreamsBuilder()
  builder.table('in', { key, value: rows, store: 'rows' })
  const topology = builder.build()
  const driver = await TopologyTestDriver.create(topology)
  await driver.input('in', text).pipe('k', 'a')
  await driver.restart()
  await driver.input('in', text).pipe('k', 'b')
  assert.equal(driver.table('rows', { key, value: rows }).get('k')?.value, 'b')
  await driver.close()
})

test('a global table waits for its serdes', async () => {
  const rows = new LetterSerde()
  const builder = new StreamsBuilder()
  const table = builder.globalTable('global', { key, value: rows })
  builder
    .stream('in', text)
    .join(table, (left, right) => `${left}${right}`, { key: (k) => k, value: serdes.string })
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build())
  await driver.input('global', text).pipe('k', 'a')
  await driver.input('in', text).pipe('k', 'x')
  assert.deepEqual(driver.output('out', text).readValues(), ['xa'])
  await driver.close()
})

test('an input topic waits for its serdes, and so does what is read from an output with whenReady', async () => {
  const [reads, writes, pipes] = [new LetterSerde(), new LetterSerde(), new LetterSerde()]
  const driver = await TopologyTestDriver.create(passing(reads, writes))
  for (const one of ['a', 'b']) await driver.input('in', { key, value: pipes }).pipe('k', one)
  assert.deepEqual(pipes.asked, ['a', 'b'])
  const output = driver.output('out', { key, value: new LetterSerde() })
  assert.throws(() => output.read(), { code: 'MR_SERDE_PENDING' })
  assert.deepEqual(await whenReady(() => output.readValues()), ['a', 'b'])
  await driver.close()
})

test('a step fails when what it waits for cannot be got, and its records come again', async () => {
  const [reads, writes] = [new LetterSerde(), new LetterSerde()]
  const driver = await TopologyTestDriver.create(passing(reads, writes))
  const input = driver.input('in', text)
  await input.pipe('k', 'a')
  reads.failures = [unavailable()]

  await assert.rejects(input.pipe('k', 'b'), { code: 'MR_SCHEMA_UNAVAILABLE' })
  assert.deepEqual(driver.output('out', text).readValues(), ['a'])
  await input.pipe('k', 'c')
  assert.deepEqual(driver.output('out', text).readValues(), ['a', 'b', 'c'])
  await driver.close()
})

test('a refusal that no try would mend fails the step, and no handler drops the record for it', async () => {
  const [reads, writes] = [new LetterSerde(), new LetterSerde()]
  const driver = await TopologyTestDriver.create(passing(reads, writes), {
    deserializationExceptionHandler: 'continue',
    processingExceptionHandler: 'continue',
  })
  reads.failures = [new MillraceError('MR_SCHEMA_ACCESS', 'refused')]

  await assert.rejects(driver.input('in', text).pipe('k', 'a'), { code: 'MR_SCHEMA_ACCESS' })
  assert.deepEqual(driver.metrics.dropped, {})
  await driver.close()
})

test('what is known by then to be no valid record is a bad record like any other', async () => {
  const [reads, writes] = [new LetterSerde(), new LetterSerde()]
  const driver = await TopologyTestDriver.create(passing(reads, writes), {
    deserializationExceptionHandler: 'continue',
  })
  await driver.input('in', text).pipe('k', '?')
  await driver.input('in', text).pipe('k', 'a')
  assert.deepEqual(driver.output('out', text).readValues(), ['a'])
  assert.deepEqual(driver.metrics.dropped, { deserialization: 1 })
  await driver.close()
})
