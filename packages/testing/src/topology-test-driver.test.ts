import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { serdes, stores, StreamsBuilder, type Topology } from '@millrace/core'
import { processorBed, TEXT, type TextProcessor } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const COUNTS = { key: serdes.string, value: serdes.long } as const

/** Counts texts of the topic `in` by their value, through a repartition topic. */
function countByValue(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .groupBy((_key, value) => value, { name: 'by-value', ...TEXT })
    .count({ store: 'counts' })
    .toStream()
    .to('out')
  return builder.build()
}

describe('an input topic', () => {
  test("gives records the clock's time unless they have one", async () => {
    const { driver, input, output } = await processorBed([], { startTimeMs: 100 })
    await input.pipe('k', 'a')
    await driver.advanceWallClock('5 ms')
    await input.pipe('k', 'b')
    await input.pipe('k', 'c', { timestampMs: 7 })

    const times = output.readRecords().map(({ timestampMs }) => timestampMs)
    assert.deepEqual(times, [100, 105, 7])
  })

  test('advances from its start with each record, and when it is told to', async () => {
    const { driver, output } = await processorBed([])
    const input = driver.input('in', { ...TEXT, startTimestampMs: 1000, autoAdvance: '10 ms' })
    await input.pipeAll([
      ['k', 'a'],
      ['k', 'b'],
    ])
    await input.pipe('k', 'own', { timestampMs: 5 })
    input.advanceTime('1 second')
    await input.pipe('k', 'c')

    const times = output.readRecords().map(({ timestampMs }) => timestampMs)
    assert.deepEqual(times, [1000, 1010, 5, 2020])
  })

  test('takes null keys, tombstones and headers', async () => {
    const { input, output } = await processorBed([])
    const headers = [{ key: 'h', value: Buffer.from('1') }]
    await input.pipe(null, null, { timestampMs: 1, headers })

    assert.deepEqual(output.readRecord(), { key: null, value: null, timestampMs: 1, headers })
  })

  test('must be one that the topology reads', async () => {
    const { driver } = await processorBed([])

    assert.throws(() => driver.input('typo', TEXT), {
      name: 'TypeError',
      message: 'no source reads topic typo; there are: in',
    })
  })
})

describe('an output topic', () => {
  test('is read record by record, as pairs, as values or as a map', async () => {
    const { driver, input, output } = await processorBed([])
    await input.pipeAll([
      ['a', '1'],
      ['b', '2'],
      ['a', null],
    ])
    const all = [
      ['a', '1'],
      ['b', '2'],
      ['a', null],
    ]
    assert.equal(output.queueSize, 3)
    assert.deepEqual(output.read(), all[0])
    assert.deepEqual(output.readAll(), all.slice(1))
    assert.ok(output.isEmpty)
    assert.throws(() => output.read(), { message: 'topic out has no further record' })

    assert.deepEqual(driver.output('out', TEXT).readValues(), ['1', '2', null])
    const map = driver.output('out', TEXT).readKeyValuesToMap()
    assert.deepEqual(Object.fromEntries(map), { a: null, b: '2' })
  })

  test('must be one that the topology can write', async () => {
    const driver = await TopologyTestDriver.create(countByValue(), { applicationId: 'app' })

    assert.throws(() => driver.output('typo', TEXT), {
      name: 'TypeError',
      message:
        'the topology does not write topic typo; there are: ' +
        'in, app-by-value-repartition, out, app-counts-changelog',
    })
  })

  test('of a name chosen at run time needs no announcement', async () => {
    const builder = new StreamsBuilder()
    builder.stream('in', TEXT).to((key) => `out-${key}`)
    const driver = await TopologyTestDriver.create(builder.build())
    await driver.input('in', TEXT).pipe('a', '1')

    assert.deepEqual(driver.output('out-a', TEXT).readValues(), ['1'])
    assert.ok(driver.output('out-b', TEXT).isEmpty)
  })

  test('of a name chosen at run time can depend on what belongs to the record', async () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', TEXT)
    stream.to((_key, _value, { timestampMs, headers, metadata }) => {
      return ['out', timestampMs, headers[0]?.key, metadata?.topic, metadata?.offset].join('-')
    })
    const driver = await TopologyTestDriver.create(builder.build())
    const headers = [{ key: 'h', value: null }]
    await driver.input('in', TEXT).pipe('a', '1', { timestampMs: 5, headers })
    assert.deepEqual(driver.output('out-5-h-in-0', TEXT).readValues(), ['1'])
  })
})

describe('a step', () => {
  test('goes through repartition topics, and through topics that are written and read', async () => {
    const builder = new StreamsBuilder()
    builder.stream('in', TEXT).to('middle')
    builder
      .stream('middle', TEXT)
      .repartition({ name: 'again', ...TEXT })
      .to('out')
    const driver = await TopologyTestDriver.create(builder.build())
    await driver.input('in', TEXT).pipe('k', 'v', { timestampMs: 3 })

    const record = { key: 'k', value: 'v', timestampMs: 3, headers: [] }
    assert.deepEqual(driver.output('out', TEXT).readRecords(), [record])
    assert.deepEqual(driver.output('middle', TEXT).readRecords(), [record])
    assert.deepEqual(driver.output('test-again-repartition', TEXT).readRecords(), [record])
  })

  test('does not overlap with the next, though nobody awaits it', async () => {
    const driver = await TopologyTestDriver.create(countByValue())
    const input = driver.input('in', TEXT)
    await Promise.all(['a', 'b', 'a'].map((value) => input.pipe('k', value)))

    assert.deepEqual(driver.output('out', COUNTS).readAll(), [
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ])
  })

  test('that fails does not keep the next one from starting', async () => {
    let failures = 1
    const failing: TextProcessor = () => ({
      process(record, context) {
        if (failures-- > 0) throw new Error('boom')
        return context.forward(record)
      },
    })
    const { input, output } = await processorBed([failing])
    const results = await Promise.allSettled([input.pipe('k', '1'), input.pipe('k', '2')])

    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    )
    assert.deepEqual(output.readValues(), ['1', '2'])
  })
})

describe('stores', () => {
  test('are had by builder or name, and can be filled before the first record', async () => {
    const store = stores.keyValue('store', TEXT)
    const looking: TextProcessor = () => ({
      process: (record, context) =>
        context.forward(record.withValue(context.getStateStore(store).get(record.key) ?? 'none')),
    })
    const { driver, input, output } = await processorBed([looking], { stores: [store] })
    driver.store(store).put('a', 'given')
    await input.pipe('a', '')

    assert.deepEqual(output.readValues(), ['given'])
    assert.equal(driver.store('store'), driver.store(store))
    await driver.restart()
    assert.equal(driver.store(store).get('a'), 'given')
  })

  test('that do not exist are an error that lists those that do', async () => {
    const driver = await TopologyTestDriver.create(countByValue())
    const message = 'there is no store typo; there are: counts'

    assert.throws(() => driver.store('typo'), { name: 'TypeError', message })
    assert.throws(() => driver.table('typo', COUNTS), { name: 'TypeError', message })
  })

  test('of several partitions are read as one table, in the order of the keys', async () => {
    const driver = await TopologyTestDriver.create(countByValue(), { partitions: 4 })
    const input = driver.input('in', TEXT)
    for (const value of ['e', 'b', 'd', 'a', 'c', 'a']) await input.pipe(value, value)

    const table = driver.table('counts', COUNTS)
    const keys = (entries: Iterable<readonly [string, unknown]>): string =>
      [...entries].map(([key]) => key).join('')
    assert.equal(keys(table.all()), 'abcde')
    assert.equal(keys(table.reverseAll()), 'edcba')
    assert.equal(keys(table.range('b', 'd')), 'bcd')
    assert.equal(keys(table.reverseRange('b')), 'edcb')
    assert.equal(keys(table.prefixScan(Buffer.from('c'))), 'c')
    assert.equal(table.get('a')?.value, 2)
    assert.equal(table.get('z'), null)
    assert.throws(() => driver.store('counts'), {
      message: '4 tasks have a store counts: name the partition',
    })
    assert.equal(driver.store('counts', 3).name, 'counts')
  })
})

describe('partitions', () => {
  test('are chosen by the hash of the key as Kafka does, or by the test', async () => {
    const builder = new StreamsBuilder()
    const places: unknown[] = []
    builder.stream('in', TEXT).process(() => ({
      process(record, { recordMetadata, taskId }) {
        places.push([record.key, recordMetadata?.partition, taskId])
      },
    }))
    const driver = await TopologyTestDriver.create(builder.build(), { topics: { in: 3 } })
    const input = driver.input('in', TEXT)
    for (const key of ['a', 'b', 'c', null]) await input.pipe(key, 'v')
    await input.pipe('a', 'v', { partition: 2 })

    assert.deepEqual(places, [
      ['a', 1, '0_1'],
      ['b', 2, '0_2'],
      ['c', 1, '0_1'],
      [null, 0, '0_0'],
      ['a', 2, '0_2'],
    ])
  })

  test('are as many as a partitioner chooses: one, several, or none, which drops the record', async () => {
    const builder = new StreamsBuilder()
    const asked: unknown[] = []
    const partitioner = (
      key: string,
      value: string,
      partitions: number,
      topic: string,
    ): number[] | undefined => {
      asked.push([key, value, partitions, topic])
      return value === 'hash' ? undefined : value.split(',').filter(Boolean).map(Number)
    }
    builder.stream('in', TEXT).to('out', { partitioner })
    const driver = await TopologyTestDriver.create(builder.build(), { topics: { out: 3 } })
    const input = driver.input('in', TEXT)
    for (const value of ['1', '0,2', '', 'hash']) await input.pipe('b', value, { timestampMs: 5 })
    const valuesOf = (partition: number): unknown =>
      driver.output('out', { ...TEXT, partition }).readValues()
    assert.deepEqual([0, 1, 2].map(valuesOf), [['0,2'], ['1'], ['0,2', 'hash']])
    assert.deepEqual(driver.metrics.dropped, { 'no-partition': 1 })
    assert.deepEqual(asked[0], ['b', '1', 3, 'out'])
    await assert.rejects(input.pipe('b', '0,3'), {
      code: 'MR_PROCESSING',
      message: 'The partitioner of KSTREAM-SINK-0000000001 chose partition 3 of out, which has 3',
    })
    await driver.close()
  })

  test('of an output topic can be read one by one', async () => {
    const builder = new StreamsBuilder()
    builder.stream('in', TEXT).to('out', { partitioner: (_key, value) => Number(value) })
    const driver = await TopologyTestDriver.create(builder.build(), { topics: { in: 1, out: 3 } })
    await driver.input('in', TEXT).pipeAll([
      ['k', '2'],
      ['k', '0'],
      ['k', '2'],
    ])

    const read = (partition: number): readonly unknown[] =>
      driver.output('out', { ...TEXT, partition }).readValues()
    assert.deepEqual([0, 1, 2].map(read), [['0'], [], ['2', '2']])
  })

  test('of a repartition topic are as many as the topics have that flow into it', async () => {
    const driver = await TopologyTestDriver.create(countByValue(), { topics: { in: 5 } })
    for (let i = 0; i < 20; i++) await driver.input('in', TEXT).pipe('k', `v${i}`)

    const topic = 'test-by-value-repartition'
    const used = [0, 1, 2, 3, 4].filter(
      (partition) => !driver.output(topic, { ...TEXT, partition }).isEmpty,
    )
    assert.deepEqual(used, [0, 1, 2, 3, 4])
  })
})

describe('a pattern', () => {
  const copying = (): Topology => {
    const builder = new StreamsBuilder()
    builder.stream(/in-.+/, TEXT).groupByKey().count({ store: 'counts' }).toStream().to('out')
    return builder.build()
  }

  test('reads topics that are named, and those that are first piped to', async () => {
    const driver = await TopologyTestDriver.create(copying(), { topics: { 'in-a': 1 } })
    await driver.input('in-a', TEXT).pipe('k', '1')
    await driver.input('in-b', TEXT).pipe('k', '2')
    await driver.input('in-a', TEXT).pipe('k', '3')

    assert.deepEqual(driver.output('out', COUNTS).readValues(), [1, 2, 3])
    assert.throws(() => driver.input('other', TEXT), { name: 'TypeError' })
  })

  test('reads topics that the topology itself makes at run time', async () => {
    const builder = new StreamsBuilder()
    builder.stream('start', TEXT).to((key) => `in-${key}`)
    builder.stream(/in-.+/, TEXT).to('out')
    const driver = await TopologyTestDriver.create(builder.build())
    await driver.input('start', TEXT).pipe('a', '1')
    await driver.input('start', TEXT).pipe('b', '2')

    assert.deepEqual(driver.output('out', TEXT).readAll(), [
      ['a', '1'],
      ['b', '2'],
    ])
  })

  test('keeps what was not committed when a new topic comes', async () => {
    const driver = await TopologyTestDriver.create(copying(), {
      topics: { 'in-a': 1 },
      commit: 'manual',
    })
    await driver.input('in-a', TEXT).pipe('k', '1')
    await driver.input('in-b', TEXT).pipe('k', '2')
    await driver.commit()

    assert.deepEqual(driver.output('out', COUNTS).readValues(), [1, 2])
  })
})

describe('inputs of one task', () => {
  const merged = (): Topology => {
    const builder = new StreamsBuilder()
    builder.stream('left', TEXT).merge(builder.stream('right', TEXT)).to('out')
    return builder.build()
  }

  test('are taken in the order of their timestamps while maxTaskIdle waits for them', async () => {
    const driver = await TopologyTestDriver.create(merged(), { maxTaskIdle: '10 ms' })
    const left = driver.input('left', TEXT)
    const right = driver.input('right', TEXT)
    const output = driver.output('out', TEXT)
    await right.pipe('k', 'r20', { timestampMs: 20 })
    await right.pipe('k', 'r30', { timestampMs: 30 })
    assert.ok(output.isEmpty)
    await left.pipe('k', 'l10', { timestampMs: 10 })
    await left.pipe('k', 'l25', { timestampMs: 25 })
    assert.deepEqual(output.readValues(), ['l10', 'r20', 'l25'])

    await driver.advanceWallClock('10 ms')
    assert.deepEqual(output.readValues(), ['r30'])
  })

  test('do not wait for each other by default, because all that there is was read', async () => {
    const driver = await TopologyTestDriver.create(merged())
    await driver.input('right', TEXT).pipe('k', 'r', { timestampMs: 20 })
    await driver.input('left', TEXT).pipe('k', 'l', { timestampMs: 10 })

    assert.deepEqual(driver.output('out', TEXT).readValues(), ['r', 'l'])
  })
})

test('a partition count that is no positive whole number is refused', async () => {
  for (const options of [{ partitions: 0 }, { topics: { in: 1.5 } }]) {
    await assert.rejects(TopologyTestDriver.create(countByValue(), options), {
      name: 'TypeError',
      message: /^not a partition count: /,
    })
  }
})

test('a closed driver refuses steps, and closing it again is no error', async () => {
  const { driver, input } = await processorBed([])
  await driver.close()
  await driver.close()

  await assert.rejects(input.pipe('k', 'v'), {
    name: 'TypeError',
    message: 'the test driver is closed',
  })
})
