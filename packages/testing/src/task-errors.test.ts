import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MillraceError, serdes, stores, StreamsBuilder } from '@millrace/core'
import { laterTurn, processorBed, TEXT, type TextProcessor } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const store = stores.keyValue('store', TEXT)

/** Stores and forwards each record, and fails afterwards on the value `bad`. */
const failing: TextProcessor = () => ({
  process(record, context) {
    context.getStateStore(store).put(record.key, record.value)
    void context.forward(record)
    if (record.value === 'bad') throw new Error('boom')
  },
})

const failingLater: TextProcessor = () => ({
  async process(record, context) {
    context.getStateStore(store).put(record.key, record.value)
    await context.forward(record)
    await laterTurn()
    if (record.value === 'bad') throw new Error('boom')
  },
})

const counting: TextProcessor = () => ({
  process(record, context) {
    const counts = context.getStateStore(store)
    const count = Number(counts.get('count') ?? '0') + 1
    counts.put('count', String(count))
    return context.forward(record.withValue(`${record.value}#${count}`))
  },
})

test('an error names the operator, the task and the source record', async () => {
  const { input } = await processorBed([failing], { stores: [store] })
  await input.pipe('a', 'good')

  await assert.rejects(input.pipe('a', 'bad'), (error: MillraceError) => {
    assert.equal(error.code, 'MR_PROCESSING')
    assert.equal(error.message, 'Operator p1 failed')
    assert.equal((error.cause as Error).message, 'boom') // what the operator throws
    assert.deepEqual(error.at, {
      operator: 'p1',
      task: '0_0',
      topic: 'in',
      partition: 0,
      offset: 1,
    })
    return true
  })
})

test('the operator named is the one that failed, not the one that forwarded to it', async () => {
  const passing: TextProcessor = () => ({
    process: (record, context) => context.forward(record),
  })
  const { input } = await processorBed([passing, passing, failing], { stores: [store] })

  await assert.rejects(input.pipe('a', 'bad'), { message: 'Operator p3 failed' })
})

test('behind a repartition topic the error names the record read from it', async () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .repartition({ name: 'again', ...TEXT })
    .foreach(() => {
      throw new Error('boom')
    })
  const driver = await TopologyTestDriver.create(builder.build(), { applicationId: 'app' })

  await assert.rejects(driver.input('in', TEXT).pipe('a', '1'), (error: MillraceError) => {
    assert.equal(error.at['topic'], 'app-again-repartition')
    assert.equal(error.at['task'], '1_0')
    return true
  })
})

test('a step that fails leaves nothing behind, and its record comes again', async () => {
  let isBroken = true
  const flaky: TextProcessor = () => ({
    process(record, context) {
      const seen = context.getStateStore(store)
      seen.put(record.key, `${seen.get(record.key) ?? ''}${record.value}`)
      void context.forward(record)
      if (isBroken && record.value === '2') throw new Error('not now')
    },
  })
  const { driver, input, output } = await processorBed([flaky], { stores: [store] })
  await input.pipe('k', '1')
  await assert.rejects(input.pipe('k', '2'))

  assert.equal(driver.store(store).get('k'), '1')
  assert.deepEqual(output.readValues(), ['1'])
  assert.deepEqual(driver.committedOffsets, [{ topic: 'in', partition: 0, offset: 1 }])

  isBroken = false
  await input.pipe('k', '3')

  assert.equal(driver.store(store).get('k'), '123')
  assert.deepEqual(output.readValues(), ['2', '3'])
})

for (const [kind, processor] of [
  ['synchronous', failing],
  ['asynchronous', failingLater],
] as const) {
  test(`'continue' drops the record of a ${kind} processor with what it stored and forwarded`, async () => {
    const { driver, input, output } = await processorBed([processor, counting], {
      stores: [store],
      processingExceptionHandler: 'continue',
      commit: 'manual',
    })
    await input.pipe('a', 'good')
    await input.pipe('a', 'bad')
    await input.pipe('b', 'good')
    await input.pipe('b', 'bad')
    await driver.commit()

    const rows = [
      ['a', 'good'],
      ['b', 'good'],
      ['count', '2'],
    ]
    assert.deepEqual([...driver.store(store).all()], rows)
    assert.deepEqual(output.readValues(), ['good#1', 'good#2'])
    assert.deepEqual(driver.metrics.dropped, { processing: 2 })
    assert.deepEqual(driver.committedOffsets, [{ topic: 'in', partition: 0, offset: 4 }])
    await driver.restart()
    assert.deepEqual([...driver.store(store).all()], rows, 'the changelog has the same')
  })
}

test('a handler is asked with the error, and decides for each', async () => {
  const asked: unknown[] = []
  const { input, output } = await processorBed([failing], {
    stores: [store],
    processingExceptionHandler: (error) => {
      asked.push([error.code, error.at['offset']])
      return asked.length === 1 ? 'continue' : 'fail'
    },
  })
  await input.pipe('a', 'bad')
  await assert.rejects(input.pipe('a', 'bad'), { code: 'MR_PROCESSING' })

  assert.deepEqual(asked, [
    ['MR_PROCESSING', 0],
    ['MR_PROCESSING', 1],
  ])
  assert.ok(output.isEmpty)
})

test("'continue' also drops what cannot be serialized", async () => {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .mapValues((value) => Number(value), { value: serdes.integer })
    .mapValues((value) => (value === 0 ? ('zero' as unknown as number) : value), {
      value: serdes.double, // which refuses a text, as a wrong cast would give it one
    })
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build(), {
    processingExceptionHandler: 'continue',
  })
  await driver.input('in', TEXT).pipeAll([
    ['a', '0'],
    ['a', '7'],
  ])

  const output = driver.output('out', { key: serdes.string, value: serdes.double })
  assert.deepEqual(output.readValues(), [7])
  assert.deepEqual(driver.metrics.dropped, { processing: 1 })
})

for (const type of ['stream-time', 'wall-clock-time'] as const) {
  test(`a ${type} punctuator that fails is a unit of its own`, async () => {
    const punctuating: TextProcessor = () => {
      let calls = 0
      return {
        init(context) {
          context.schedule(10, type, async (nowMs) => {
            calls++
            context.getStateStore(store).put('punctuated', String(nowMs))
            await laterTurn()
            if (calls === 1) throw new Error('boom')
          })
        },
        process(record, context) {
          context.getStateStore(store).put(record.key, record.value)
          return context.forward(record)
        },
      }
    }
    const { driver, input, output } = await processorBed([punctuating], {
      stores: [store],
      processingExceptionHandler: 'continue',
    })
    await input.pipe('a', '1', { timestampMs: 10 })
    await driver.advanceWallClock(10)
    assert.deepEqual([...driver.store(store).all()], [['a', '1']])
    assert.deepEqual(output.readValues(), ['1'])
    assert.deepEqual(driver.metrics.dropped, { processing: 1 })

    await input.pipe('b', '2', { timestampMs: 20 })
    await driver.advanceWallClock(10)

    assert.equal(driver.store(store).get('punctuated'), '20')
  })
}

test('a punctuator that fails names its operator and no record', async () => {
  const punctuating: TextProcessor = () => ({
    init(context) {
      context.schedule('1 second', 'wall-clock-time', () => {
        throw new Error('boom')
      })
    },
    process: () => undefined,
  })
  const { driver } = await processorBed([punctuating])

  await assert.rejects(driver.advanceWallClock('1 second'), (error: MillraceError) => {
    assert.deepEqual(error.at, { operator: 'p1', task: '0_0' })
    return true
  })
})

test('an error of init makes create fail with the name of the operator', async () => {
  const broken: TextProcessor = () => ({
    init() {
      throw new Error('boom')
    },
    process: () => undefined,
  })

  await assert.rejects(processorBed([broken]), {
    code: 'MR_PROCESSING',
    message: 'Operator p1 failed',
  })
})

test('a store that is not connected cannot be had', async () => {
  const reaching: TextProcessor = () => ({
    init(context) {
      context.getStateStore('store')
    },
    process: () => undefined,
  })

  await assert.rejects(processorBed([reaching]), {
    code: 'MR_TOPOLOGY',
    message: 'Operator p1 is not connected to a store store',
  })
})

test('a record that cannot be decoded stops the app by default, with its coordinates', async () => {
  const { input } = await numbers()
  await input.pipe('k', '12345678')

  await assert.rejects(input.pipe('k', 'short'), {
    code: 'MR_DESERIALIZATION',
    message: 'Source numbers cannot decode the record at in-0 offset 1',
  })
})

test("deserializationExceptionHandler 'continue' drops and counts what cannot be decoded", async () => {
  const { driver, input, output } = await numbers('continue')
  await input.pipe('k', '12345678')
  await input.pipe('k', 'short')
  await input.pipe('k', '87654321')

  assert.equal(output.queueSize, 2)
  assert.deepEqual(driver.metrics.dropped, { deserialization: 1 })
  assert.deepEqual(driver.committedOffsets, [{ topic: 'in', partition: 0, offset: 3 }])
})

/** Copies numbers of eight bytes; the test writes texts. */
async function numbers(deserializationExceptionHandler: 'fail' | 'continue' = 'fail') {
  const builder = new StreamsBuilder()
  const value = serdes.double
  builder.stream('in', { key: serdes.string, value, name: 'numbers' }).to('out')
  const driver = await TopologyTestDriver.create(builder.build(), {
    deserializationExceptionHandler,
  })
  return { driver, input: driver.input('in', TEXT), output: driver.output('out', TEXT) }
}
