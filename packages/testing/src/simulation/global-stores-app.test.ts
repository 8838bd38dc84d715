import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type App,
  type AppState,
  MillraceError,
  type RestoreProgress,
  serdes,
  silentLogger,
  StreamsBuilder,
  type Topology,
} from '@millrace/core'
import { createAppOn } from '@millrace/core/internal'
import { SimulationBed } from './kafka/simulation-bed.testkit.ts'

const text = { key: serdes.string, value: serdes.string }

interface RunningApp {
  readonly app: App
  readonly states: AppState[]
  readonly progress: RestoreProgress[]
}

function start(bed: SimulationBed, topology: Topology): RunningApp {
  const process = bed.process()
  const states: AppState[] = []
  const progress: RestoreProgress[] = []
  const app = createAppOn(
    { kafka: () => bed.kafka.connect(process), scheduler: process, random: () => 0.5 },
    topology,
    {
      applicationId: 'app',
      brokers: 'simulated:9092',
      logger: silentLogger,
      onStateChange: (state) => states.push(state),
      onRestore: (one) => progress.push(one),
    },
  )
  return { app, states, progress }
}

function give(bed: SimulationBed, topic: string, key: string, value: string): void {
  bed.kafka.append({
    topic,
    partition: undefined,
    key: Buffer.from(key),
    value: Buffer.from(value),
    timestampMs: 0,
    headers: [],
  })
}

test('an app of nothing but a global table runs, and closes', async () => {
  const bed = new SimulationBed()
  bed.topic('global', 2)
  for (const key of ['a', 'b', 'c']) give(bed, 'global', key, '1')
  const builder = new StreamsBuilder()
  builder.globalTable('global', { ...text, store: 'rows' })
  const { app, states, progress } = start(bed, builder.build())

  await bed.settle(app.start())
  assert.equal(
    progress.filter(({ phase }) => phase === 'end').reduce((sum, one) => sum + one.restored, 0),
    3,
  )
  await bed.pass(5000)
  assert.equal(app.metrics().lag, 0)
  await bed.settle(app.close())
  assert.deepEqual(states, ['rebalancing', 'running', 'closing', 'closed'])
})

test('a global table is filled before the app takes part in its group', async () => {
  const bed = new SimulationBed()
  bed.topic('in')
  bed.topic('out')
  bed.topic('global')
  for (let i = 0; i < 20_000; i++) give(bed, 'global', `k${i}`, `row-${i}`)
  for (let i = 0; i < 50; i++) give(bed, 'in', 'x', `k${i * 400}`)
  const builder = new StreamsBuilder()
  const global = builder.globalTable('global', text)
  builder
    .stream('in', text)
    .leftJoin(global, (left, right) => `${left}=${right}`, {
      key: (_, value) => value,
      value: serdes.string,
    })
    .to('out')
  const { app } = start(bed, builder.build())

  await bed.settle(app.start())
  await bed.pass(2000)
  const [log] = bed.kafka.topics.get('out')?.partitions ?? []
  const values = log?.everything().map(({ record }) => Buffer.from(record.value ?? '').toString())
  const expected = Array.from({ length: 50 }, (_, i) => `k${i * 400}=row-${i * 400}`)
  assert.deepEqual(
    values?.filter((value) => value !== ''),
    expected,
  )
  await bed.settle(app.close())
})

test('a global topic that does not exist fails the app, before it joins', async () => {
  const bed = new SimulationBed()
  bed.topic('in')
  const builder = new StreamsBuilder()
  builder.globalTable('nowhere', text)
  builder.stream('in', text).to('out')
  const { app } = start(bed, builder.build())

  await assert.rejects(bed.settle(app.start()), (error) => {
    return MillraceError.is(error, 'MR_UNKNOWN_TOPIC') && error.message.includes('nowhere')
  })
  assert.equal(app.state, 'error')
})

test('partitions that a global topic is given later are read too', async () => {
  const bed = new SimulationBed()
  bed.topic('in')
  bed.topic('out')
  bed.topic('global')
  const builder = new StreamsBuilder()
  const global = builder.globalTable('global', text)
  builder
    .stream('in', text)
    .join(global, (left, right) => `${left}=${right}`, {
      key: (_, value) => value,
      value: serdes.string,
    })
    .to('out')
  const { app } = start(bed, builder.build())
  await bed.settle(app.start())

  const admin = bed.port().admin({ clientId: 'admin' })
  await bed.settle(admin.growTopic('global', 4))
  for (let i = 0; i < 20; i++) give(bed, 'global', `k${i}`, `row-${i}`)
  await bed.pass(5000)
  for (let i = 0; i < 20; i++) give(bed, 'in', 'x', `k${i}`)
  await bed.pass(3000)
  const [log] = bed.kafka.topics.get('out')?.partitions ?? []
  const values = log?.everything().map(({ record }) => Buffer.from(record.value ?? '').toString())
  assert.deepEqual(
    values?.filter((value) => value !== ''),
    Array.from({ length: 20 }, (_, i) => `k${i}=row-${i}`),
  )
  await bed.settle(app.close())
})
