import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type AppOptions,
  type AppState,
  serdes,
  silentLogger,
  StreamsBuilder,
  type Topology,
} from '@millrace/core'
import { type App } from '@millrace/core'
import { createAppOn, deferred } from '@millrace/core/internal'
import type { KafkaCall } from '../kafka/kafka-faults.ts'
import type { SimulatedProcess } from '../time/simulated-process.ts'
import { type ScriptedTarget, scriptedSink } from './scripted-sink.testkit.ts'
import { numbers, SinkBed } from './sink-bed.testkit.ts'

const text = { key: serdes.string, value: serdes.string }
const TOPIC = 'app-out-sink'

/** Counts the records of `in`, and writes the counts through an internal topic. */
function counting(process: SimulatedProcess, target: ScriptedTarget): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', text)
    .groupByKey()
    .count({ store: 'counts', caching: false })
    .toStream()
    .mapValues((count) => String(count))
    .toSink(scriptedSink(target, process), { name: 'out', ...text, batch: { maxRecords: 10 } })
  return builder.build()
}

interface Running {
  readonly app: App
  readonly states: readonly AppState[]
}

function appOn(
  bed: SinkBed,
  options: Partial<AppOptions> = {},
  topologyOf: (process: SimulatedProcess) => Topology = (process) => counting(process, bed.target),
): Running {
  const process = bed.process()
  const states: AppState[] = []
  const app = createAppOn(
    { kafka: () => bed.kafka.connect(process), scheduler: process, random: () => 0.5 },
    topologyOf(process),
    {
      applicationId: 'app',
      brokers: 'simulated:9092',
      logger: silentLogger,
      instanceId: 'one',
      onStateChange: (state) => states.push(state),
      ...options,
    },
  )
  return { app, states }
}

describe('an app with tasks and a sink', () => {
  test('starts when both have what they were given first', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const release = deferred<undefined>()
    bed.target.script.claim = () => release.promise.then(() => undefined)
    const { app, states } = appOn(bed)
    let isStarted = false
    const started = app.start().then(() => {
      isStarted = true
    })
    bed.give('in', numbers(0, 20))
    await bed.pass(5000)
    assert.deepEqual([isStarted, states], [false, ['rebalancing']])
    assert.equal(app.metrics().recordsProcessed, 20)
    release.resolve(undefined)
    await bed.settle(started)
    assert.deepEqual(states, ['rebalancing', 'running'])
    await bed.until(() => bed.target.values(TOPIC).length === 20)
    await bed.settle(app.close())
    assert.deepEqual(bed.target.values(TOPIC), numbers(1, 21))
  })

  test('goes on with its sink when its member is fenced', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app, states } = appOn(bed)
    await bed.settle(app.start())
    const fencing = bed.port().transactionalProducer({
      clientId: 'other',
      transactionalId: 'app-one',
      transactionTimeoutMs: 10_000,
    })
    await bed.settle(fencing.init())
    bed.give('in', numbers(0, 20))
    await bed.until(() => bed.target.values(TOPIC).length === 20)
    await bed.settle(app.close())
    assert.deepEqual(bed.target.values(TOPIC), numbers(1, 21))
    assert.deepEqual([app.metrics().fenced, bed.target.stored(TOPIC, 0)?.epoch], [1, 1])
    assert.deepEqual(states, [
      'rebalancing',
      'running',
      'rebalancing',
      'running',
      'closing',
      'closed',
    ])
  })

  test('keeps what the target has not got, and deletes the rest of the internal topic', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = appOn(bed, { repartitionPurgeInterval: '2 seconds' })
    await bed.settle(app.start())
    bed.give('in', numbers(0, 20))
    await bed.until(() => bed.target.values(TOPIC).length === 20)
    const release = deferred<undefined>()
    bed.target.script.write = () => release.promise.then(() => undefined)
    bed.give('in', numbers(20, 60))
    await bed.until(() => app.metrics().recordsProcessed === 60)
    await bed.pass(10_000)
    const left = (): readonly string[] => bed.read(TOPIC).map(({ value }) => String(value))
    assert.deepEqual(left(), numbers(21, 61))
    release.resolve(undefined)
    await bed.until(() => bed.target.values(TOPIC).length === 60)
    await bed.until(() => left().length === 0)
    await bed.settle(app.close())
    assert.deepEqual(bed.target.values(TOPIC), numbers(1, 61))
  })

  test('commits and closes its tasks when its sink fails', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = appOn(bed)
    await bed.settle(app.start())
    bed.target.script.write = () => Promise.reject(new TypeError('a fault of the sink'))
    bed.give('in', numbers(0, 20))
    await bed.until(() => app.state === 'error')
    const again = appOn(bed)
    bed.target.script = {}
    await bed.settle(again.app.start())
    await bed.until(() => bed.target.values(TOPIC).length === 20)
    await bed.settle(again.app.close())
    assert.deepEqual(bed.target.values(TOPIC), numbers(1, 21))
  })

  test('closes its sink when its tasks fail', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = appOn(bed, {}, (process) => {
      const builder = new StreamsBuilder()
      const input = builder.stream('in', text)
      input.toSink(scriptedSink(bed.target, process), { name: 'out', through: 'internal-topic' })
      input.groupByKey().aggregate({
        store: 'sums',
        value: serdes.string,
        init: () => '',
        add: (_key, value) => {
          if (value === 'bad') throw new Error('bad')
          return value
        },
      })
      return builder.build()
    })
    await bed.settle(app.start())
    bed.give('in', ['a', 'b'])
    await bed.until(() => bed.target.values(TOPIC).length === 2)
    bed.give('in', ['bad'])
    await bed.until(() => app.state === 'error')
    assert.deepEqual([bed.target.closedWriters, bed.target.closed], [1, 1])
  })
})

test('an app of nothing but sinks has no transactional producer, and joins no group but theirs', async () => {
  const calls = new Set<string>()
  const note = ({ operation, clientId }: KafkaCall): void => {
    calls.add(`${clientId} ${operation}`)
  }
  const bed = new SinkBed({
    overrides: {
      latencyMs: (call) => {
        note(call)
        return 1
      },
    },
  })
  bed.topic('in')
  bed.give('in', numbers(0, 20))
  const { app } = appOn(bed, {}, (process) => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).toSink(scriptedSink(bed.target, process), { name: 'out' })
    return builder.build()
  })
  await bed.settle(app.start())
  await bed.until(() => bed.target.values('in').length === 20)
  await bed.settle(app.close())
  const joins = [...calls].filter((call) => call.includes('group.join'))
  assert.deepEqual(joins, ['app-one-out group.join'])
  assert.deepEqual(
    [...calls].filter((call) => call.includes('producer')),
    [],
  )
})
