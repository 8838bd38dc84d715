import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Processor,
  type ProcessorSupplier,
  type ProcessorWrapper,
  serdes,
  stores,
  StreamRecord,
  StreamsBuilder,
  TopologyBuilder,
  withStores,
} from '@millrace/core'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

type Text = Processor<string, string, string, string>

const counts = stores.keyValue('counts', { key: serdes.string, value: serdes.long })

/** Counts keys, and forwards to the child `odd` or `even`. */
const sorting: ProcessorSupplier<string, string, string, string> = withStores([counts], () => ({
  process(record, context) {
    const seen = context.getStateStore(counts)
    const count = (seen.get(record.key) ?? 0) + 1
    seen.put(record.key, count)
    return context.forward(
      record.withValue(`${record.value}${count}`),
      count % 2 === 0 ? 'even' : 'odd',
    )
  },
}))

const shout = (): Text => ({
  process: (record, context) => context.forward(record.withValue(record.value.toUpperCase())),
})

test('a topology that is built by hand forwards to named children, and keeps what its suppliers bring', async () => {
  const builder = new TopologyBuilder()
  const source = builder.addSource('source', ['a', 'b'], TEXT)
  const sorted = builder.addProcessor('sort', sorting, { parents: [source] })
  builder.addSink('odd', 'odd', { parents: [sorted], ...TEXT })
  const even = builder.addProcessor('even', shout, { parents: [sorted] })
  builder.addSink('by key', (key) => `to-${key}`, { parents: [even], ...TEXT })
  const driver = await TopologyTestDriver.create(builder.build())
  await driver.input('a', TEXT).pipe('x', 'v')
  await driver.input('b', TEXT).pipe('x', 'w')
  await driver.restart()
  await driver.input('a', TEXT).pipe('x', 'v')
  assert.deepEqual(driver.output('odd', TEXT).readAll(), [
    ['x', 'v1'],
    ['x', 'v3'],
  ])
  assert.deepEqual(driver.output('to-x', TEXT).readAll(), [['x', 'W2']])
  await driver.close()
})

test('what is added to a topology of the DSL reads its stores and follows its operators', async () => {
  const streams = new StreamsBuilder()
  streams.stream('in', TEXT).groupByKey().count({ store: 'totals', name: 'count', caching: false })
  const builder = new TopologyBuilder(streams.build())
  const asked = builder.addSource('asked', 'asked', TEXT)
  const answer: ProcessorSupplier<string, string, string, string> = () => ({
    process(record, context) {
      const totals = context.getStateStore('totals') as unknown as {
        get(key: string): { value: number } | null
      }
      return context.forward(record.withValue(String(totals.get(record.key)?.value)))
    },
  })
  const answered = builder.addProcessor('answer', answer, { parents: [asked], stores: ['totals'] })
  builder.addSink('answers', 'answers', { parents: [answered], ...TEXT })
  const driver = await TopologyTestDriver.create(builder.build())
  await driver.input('in', TEXT).pipe('x', 'v')
  await driver.input('in', TEXT).pipe('x', 'v')
  await driver.input('asked', TEXT).pipe('x', '?')
  assert.deepEqual(driver.output('answers', TEXT).readAll(), [['x', '2']])
  await driver.close()
})

test('punctuations come at their start plus a multiple of the interval', async () => {
  const builder = new TopologyBuilder()
  const source = builder.addSource('source', 'in', TEXT)
  const ticking: ProcessorSupplier<string, string, string, string> = () => ({
    init(context) {
      context.schedule(
        10,
        'wall-clock-time',
        (nowMs) => context.forward(new StreamRecord('wall', String(nowMs), nowMs)),
        { startTimeMs: 3 },
      )
      context.schedule(
        10,
        'stream-time',
        (nowMs) => context.forward(new StreamRecord('stream', String(nowMs), nowMs)),
        { startTimeMs: 7 },
      )
    },
    process: () => undefined,
  })
  const ticks = builder.addProcessor('ticks', ticking, { parents: [source] })
  builder.addSink('out', 'out', { parents: [ticks], ...TEXT })
  const driver = await TopologyTestDriver.create(builder.build(), { startTimeMs: 20 })
  const output = driver.output('out', TEXT)
  for (const stepMs of [2, 1, 3]) await driver.advanceWallClock(stepMs)
  for (const timestampMs of [5, 7, 16, 29]) {
    await driver.input('in', TEXT).pipe('k', 'v', { timestampMs })
  }
  assert.deepEqual(output.readAll(), [
    ['wall', '23'],
    ['stream', '7'],
    ['stream', '29'],
  ])
  await driver.close()
})

test('a supplier that gives one processor twice is refused: tasks would share it', async () => {
  const builder = new TopologyBuilder()
  const source = builder.addSource('source', 'in', TEXT)
  const one = shout()
  builder.addProcessor('shared', () => one, { parents: [source] })
  await assert.rejects(TopologyTestDriver.create(builder.build(), { partitions: 2 }), {
    code: 'MR_TOPOLOGY',
    message: 'The supplier of operator shared gave a processor that it had given before',
  })
})

test('a wrapper has all processors in its hands, those of the DSL included, and may bring stores', async () => {
  const calls = stores.keyValue('calls', { key: serdes.string, value: serdes.long })
  const counting: ProcessorWrapper = (operator, supplier) =>
    withStores([calls], () => {
      const inner = supplier()
      return {
        ...inner,
        init: (context) => inner.init?.(context),
        process(record, context) {
          const seen = context.getStateStore(calls)
          seen.put(operator, (seen.get(operator) ?? 0) + 1)
          return inner.process(record, context)
        },
        flush: (context) => inner.flush?.(context),
        close: () => inner.close?.(),
      }
    })
  const streams = new StreamsBuilder()
  const stream = streams.stream('in', TEXT).filter((_key, value) => value !== 'x', { name: 'keep' })
  stream.groupByKey().count({ store: 'totals', name: 'count' }).toStream({ name: 'out' }).to('out')
  const topology = streams.build({ processorWrapper: counting })
  const driver = await TopologyTestDriver.create(topology)
  for (const value of ['a', 'x', 'b']) await driver.input('in', TEXT).pipe('k', value)
  assert.deepEqual(driver.output('out', { ...TEXT, value: serdes.long }).readValues(), [1, 2])
  assert.deepEqual(
    [...driver.store(calls).all()],
    [
      ['count', 2],
      ['keep', 3],
      ['out', 2],
    ],
  )
  await driver.close()
})
