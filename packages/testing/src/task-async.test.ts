import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ProcessorContext, stores, StreamRecord, StreamsBuilder } from '@millrace/core'
import { laterTurn, processorBed, TEXT, type TextProcessor } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

/** Forwards each record after as many turns as its value says. */
const slow: TextProcessor = () => ({
  async process(record, context) {
    for (let turns = Number(record.value); turns > 0; turns--) await laterTurn()
    await context.forward(record)
  },
})

/** Forwards the parts of a value, and does not wait for what becomes of them. */
const careless: TextProcessor = () => ({
  process(record, context) {
    for (const part of record.value.split(',')) void context.forward(record.withValue(part))
  },
})

test('records of an asynchronous processor stay in order', async () => {
  const { input, output } = await processorBed([slow])

  await Promise.all(['5', '1', '3'].map((value) => input.pipe('k', value)))

  assert.deepEqual(output.readValues(), ['5', '1', '3'])
})

test('a forward that nobody awaits is done before the record is', async () => {
  const { input, output } = await processorBed([careless, slow, careless, slow])

  await input.pipe('k', '4,1,2')

  assert.deepEqual(output.readValues(), ['4', '1', '2'])
})

test('every child gets the record in order, also when the first is asynchronous and nobody awaits', async () => {
  const builder = new StreamsBuilder()
  const seen: string[] = []
  const stream = builder.stream('in', TEXT).process(careless, TEXT)
  stream.process(slow, { ...TEXT, name: 'slow' }).foreach(() => seen.push('slow'))
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    stream.peek(() => seen.push(name)).to(name)
  }
  const driver = await TopologyTestDriver.create(builder.build())

  await driver.input('in', TEXT).pipe('k', '1')

  assert.deepEqual(seen, ['slow', 'a', 'b', 'c', 'd', 'e', 'f'])
  assert.deepEqual(driver.output('f', TEXT).readValues(), ['1'])
})

test('an error in a child behind an asynchronous one fails the record, though nobody awaits', async () => {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', TEXT).process(careless, TEXT)
  stream.process(slow, TEXT).to('out')
  stream.foreach(
    () => {
      throw new Error('boom')
    },
    { name: 'failing' },
  )
  const driver = await TopologyTestDriver.create(builder.build())

  await assert.rejects(driver.input('in', TEXT).pipe('k', '1'), {
    code: 'MR_PROCESSING',
    message: 'Operator failing failed',
  })
  assert.ok(driver.output('out', TEXT).isEmpty)
})

test('forward outside of processing is an error', async () => {
  let kept: ProcessorContext<string, string> | undefined
  const keeping: TextProcessor = () => ({
    process(record, context) {
      kept = context
      return context.forward(record)
    },
  })
  const { driver, input } = await processorBed([keeping])
  await input.pipe('k', 'v')

  assert.throws(() => kept?.forward(new StreamRecord('k', 'v', 0)), {
    name: 'TypeError',
    message: 'operator p1 called forward() while it was not processing; await what it starts',
  })
  await driver.close()
})

test('when a record is dropped, nothing that it started goes on', async () => {
  const store = stores.keyValue('seen', TEXT)
  const failing: TextProcessor = () => ({
    process(record, context) {
      void context.forward(record)
      if (record.value === 'bad') throw new Error('boom')
    },
  })
  const startsMore: TextProcessor = () => ({
    async process(record, context) {
      await laterTurn()
      void context.forward(record)
    },
  })
  const writes: TextProcessor = () => ({
    async process(record, context) {
      for (let i = 0; i < 5; i++) await laterTurn()
      context.getStateStore(store).put(record.key, record.value)
      await context.forward(record)
    },
  })
  const { driver, input, output } = await processorBed([failing, startsMore, writes], {
    stores: [store],
    processingExceptionHandler: 'continue',
  })

  await input.pipe('a', 'bad')
  await input.pipe('b', 'good')

  assert.deepEqual(output.readAll(), [['b', 'good']])
  assert.equal(driver.store(store).get('a'), null)
  assert.equal(driver.metrics.dropped.processing, 1)
})

test('an abort waits for what is under way', async () => {
  const seen: string[] = []
  const failsFirst: TextProcessor = () => ({
    process(record, context) {
      void context.forward(record)
      if (seen.length === 0) throw new Error('boom')
    },
  })
  const startsMore: TextProcessor = () => ({
    async process(record, context) {
      await laterTurn()
      void context.forward(record)
    },
  })
  const notes: TextProcessor = () => ({
    async process(record) {
      for (let i = 0; i < 5; i++) await laterTurn()
      seen.push(record.value)
    },
  })
  const { input } = await processorBed([failsFirst, startsMore, notes])

  await assert.rejects(input.pipe('k', '1'))

  assert.deepEqual(seen, ['1'])
})

test('asynchronous init, flush and close are awaited', async () => {
  const calls: string[] = []
  const note = async (what: string): Promise<void> => {
    await laterTurn()
    calls.push(what)
  }
  const noting: TextProcessor = () => ({
    init: () => note('init'),
    process: () => note('process'),
    flush: () => note('flush'),
    close: () => note('close'),
  })
  const { driver, input } = await processorBed([noting])

  assert.deepEqual(calls, ['init'])
  await input.pipe('k', 'v')
  await driver.close()

  assert.deepEqual(calls, ['init', 'process', 'flush', 'close'])
})

test('what a flush forwards belongs to the commit', async () => {
  const holding: TextProcessor = () => {
    const held: string[] = []
    return {
      process(record) {
        held.push(record.value)
      },
      async flush(context) {
        await laterTurn()
        const value = held.splice(0).join('+')
        if (value !== '') await context.forward(new StreamRecord('all', value, 1))
      },
    }
  }
  const { driver, input, output } = await processorBed([holding], { commit: 'manual' })
  await input.pipe('k', 'a')
  await input.pipe('k', 'b')
  assert.ok(output.isEmpty)

  await driver.commit()

  assert.deepEqual(output.readAll(), [['all', 'a+b']])
})
