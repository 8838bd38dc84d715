import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logAndSkipOnInvalidTimestamp, serdes, StreamsBuilder, tumbling } from '@millrace/core'
import { type Dropped, DROPPED, toSide } from './dropped.testkit.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

test('a dropped record has the operator and where it was read, and keeps timestamp and headers', async () => {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).groupByKey().count({ name: 'counted', dropped: toSide })
  const driver = await TopologyTestDriver.create(builder.build())
  const input = driver.input('in', { key: serdes.string, value: serdes.nullable(serdes.string) })
  await input.pipe('k', 'v', { timestampMs: 5 })
  const headers = [{ key: 'h', value: Buffer.from('1') }] as const
  await input.pipe('k', null, { timestampMs: 7, headers })

  const record = driver.output('side', DROPPED).readRecord()
  assert.deepEqual(record.value, {
    reason: 'null-value',
    operator: 'counted',
    topic: 'in',
    partition: 0,
    offset: 1,
    timestampMs: 7,
    streamTimeMs: 7,
    value: null,
  })
  assert.equal(record.timestampMs, 7)
  assert.deepEqual(record.headers, headers)
})

test('a dropped record is the only thing that goes to the side stream, and nothing of it goes on', async () => {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).groupByKey().count({ dropped: toSide }).toStream().to('out')
  const driver = await TopologyTestDriver.create(builder.build())
  const input = driver.input('in', { key: serdes.string, value: serdes.nullable(serdes.string) })
  for (const value of ['a', null, 'b']) await input.pipe('k', value)

  assert.equal(driver.output('side', DROPPED).readRecords().length, 1)
  const counts = driver.output('out', { key: serdes.string, value: serdes.long }).readValues()
  assert.deepEqual(counts, [1, 2])
})

test('a dropped record can be mapped to what it was, and counted itself', async () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .groupByKey()
    .windowedBy(tumbling(10, { grace: 0 }))
    .count({
      dropped(late) {
        late
          .mapValues(({ value }) => value ?? '', { value: serdes.string })
          .to('again', { key: serdes.nullable(serdes.string) })
        late.groupBy((_, { reason }) => reason, { key: serdes.string }).count({ store: 'reasons' })
      },
    })
  const driver = await TopologyTestDriver.create(builder.build())
  const input = driver.input('in', TEXT)
  for (const timestampMs of [50, 10, 20, 50])
    await input.pipe('k', `v${timestampMs}`, { timestampMs })

  assert.deepEqual(driver.output('again', TEXT).readValues(), ['v10', 'v20'])
  const reasons = driver.table('reasons', { key: serdes.string, value: serdes.long })
  assert.equal(reasons.get('late')?.value, 2)
})

test('a dropped record is taken back with the transaction, and comes again', async () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { ...TEXT, dropped: toSide })
    .groupByKey()
    .count({
      dropped: (records) => {
        records.to('side2')
      },
    })
  const driver = await TopologyTestDriver.create(builder.build(), {
    commit: 'manual',
    timestampExtractor: logAndSkipOnInvalidTimestamp,
  })
  const input = driver.input('in', { key: serdes.string, value: serdes.nullable(serdes.string) })
  await input.pipe('k', null, { timestampMs: 1 })
  await input.pipe('k', 'x', { timestampMs: -1 })
  await driver.abort()
  assert.deepEqual(driver.output('side', DROPPED).readRecords(), [])
  await driver.commit()

  for (const side of ['side', 'side2']) {
    assert.equal(driver.output(side, DROPPED).readRecords().length, 1, side)
  }
})

test('a dropped record does not stay when its record is dropped by the processing handler', async () => {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).process<string, string>(
    () => ({
      process(_record, context) {
        context.recordDropped('late')
        throw new RangeError('boom')
      },
    }),
    { dropped: toSide },
  )
  const driver = await TopologyTestDriver.create(builder.build(), {
    processingExceptionHandler: 'continue',
  })
  await driver.input('in', TEXT).pipe('k', 'v')

  assert.deepEqual(driver.output('side', DROPPED).readRecords(), [])
})

test('a side stream changes no generated name but its own, and is part of its sub-topology', () => {
  const build = (options: object): string => {
    const builder = new StreamsBuilder()
    builder.stream('in', TEXT).groupByKey().count(options).toStream().to('out')
    return builder.build().describe()
  }
  const without = build({})
  const described = build({
    dropped: (records: Dropped) => {
      records.filter(() => true).to('side')
    },
  })
  const isOfSide = (line: string): boolean => line.includes('-dropped')
  const dropped = 'KSTREAM-AGGREGATE-0000000002-dropped'
  const own = described.split('\n').filter(isOfSide)

  assert.deepEqual(own, [
    `      --> ${dropped}, KTABLE-TOSTREAM-0000000003`,
    `    Processor: ${dropped} (stores: [])`,
    `      --> ${dropped}-KSTREAM-FILTER-0000000000`,
    `    Processor: ${dropped}-KSTREAM-FILTER-0000000000 (stores: [])`,
    `      --> ${dropped}-KSTREAM-SINK-0000000001`,
    `      <-- ${dropped}`,
    `    Sink: ${dropped}-KSTREAM-SINK-0000000001 (topic: side)`,
    `      <-- ${dropped}-KSTREAM-FILTER-0000000000`,
  ])
  const names = (text: string): readonly string[] =>
    [...text.matchAll(/(?:Source|Processor|Sink): (\S+)/g)].map(([, name]) => name ?? '')
  assert.deepEqual(
    names(described).filter((name) => !isOfSide(name)),
    names(without),
  )
})
