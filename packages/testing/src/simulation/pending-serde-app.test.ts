import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type App,
  type AppSettings,
  MillraceError,
  serdes,
  silentLogger,
  StreamsBuilder,
} from '@millrace/core'
import { createAppOn } from '@millrace/core/internal'
import { LetterSerde } from '../pending-serde.testkit.ts'
import { SimulationBed } from './kafka/simulation-bed.testkit.ts'

interface Running {
  readonly bed: SimulationBed
  readonly app: App
  readonly reads: LetterSerde
  readonly writes: LetterSerde
  readonly give: (partition: number, value: string) => void
  readonly values: () => string[]
}

function passing(
  settings: Partial<AppSettings> = {},
  written: 'letters' | 'text' = 'text',
): Running {
  const bed = new SimulationBed()
  bed.topic('in', 2)
  bed.topic('out')
  const [reads, writes] = [new LetterSerde(), new LetterSerde()]
  const builder = new StreamsBuilder()
  const key = serdes.string
  builder
    .stream('in', { key, value: reads })
    .to('out', { key, value: written === 'text' ? serdes.string : writes })
  const process = bed.process()
  const app = createAppOn(
    { kafka: () => bed.kafka.connect(process), scheduler: process, random: () => 0.5 },
    builder.build(),
    { applicationId: 'app', brokers: 'simulated:9092', logger: silentLogger, ...settings },
  )
  const give = (partition: number, value: string): void => {
    const [keyBytes, valueBytes] = [Buffer.from('k'), Buffer.from(value)]
    const record = { topic: 'in', key: keyBytes, value: valueBytes, timestampMs: 0, headers: [] }
    bed.kafka.append({ ...record, partition })
  }
  const values = (): string[] => {
    const [log] = bed.kafka.topics.get('out')?.partitions ?? []
    const all = log?.everything().map(({ record }) => Buffer.from(record.value ?? '').toString())
    return (all ?? []).filter((value) => /^\w\d$/.test(value))
  }
  return { bed, app, reads, writes, give, values }
}

test('while the records of one partition wait for a serde, those of another are processed and committed', async () => {
  const { bed, app, reads, give, values } = passing()
  reads.held.add('b')
  await bed.settle(app.start())
  for (const value of ['a1', 'b1', 'a2']) give(0, value)
  for (const value of ['a3', 'a4']) give(1, value)
  await bed.pass(3000)
  assert.deepEqual(values().sort(), ['a1', 'a3', 'a4'])
  assert.ok(app.metrics().commits > 0)

  give(1, 'a5')
  await bed.pass(1000)
  assert.deepEqual(values().sort(), ['a1', 'a3', 'a4', 'a5'])
  reads.held.clear()
  await bed.pass(3000)
  assert.deepEqual(values().sort(), ['a1', 'a2', 'a3', 'a4', 'a5', 'b1'])
  assert.equal(app.metrics().aborts, 0)
  await bed.settle(app.close())
})

test('a sink that cannot encode yet costs one abort, and other tasks go on while it waits', async () => {
  const { bed, app, writes, give, values } = passing(
    { processingGuarantee: 'at_least_once' },
    'letters',
  )
  writes.held.add('b')
  await bed.settle(app.start())
  give(0, 'b1')
  await bed.pass(2000)
  for (const value of ['a1', 'a2']) give(1, value)
  await bed.pass(3000)
  assert.deepEqual(values(), ['a1', 'a2'])
  // One for `b`, one for `a`: both are asked for at the first record that has them.
  assert.equal(app.metrics().aborts, 2)
  writes.held.clear()
  await bed.pass(3000)
  assert.deepEqual(values(), ['a1', 'a2', 'b1'])
  await bed.settle(app.close())
})

test('a registry that is down for a while costs nothing but the time', async () => {
  const { bed, app, reads, give, values } = passing()
  reads.failures = Array.from({ length: 8 }, () => new MillraceError('MR_SCHEMA_UNAVAILABLE', '-'))
  await bed.settle(app.start())
  for (const value of ['a1', 'a2', 'a3']) give(0, value)
  await bed.pass(60_000)
  assert.deepEqual(values(), ['a1', 'a2', 'a3'])
  assert.equal(app.state, 'running')
  await bed.settle(app.close())
})

test('a registry that stays down ends the app after taskTimeout, with its error, and nothing is lost', async () => {
  const { bed, app, reads, give, values } = passing({ taskTimeout: 10_000 })
  const down = new MillraceError('MR_SCHEMA_UNAVAILABLE', 'down')
  reads.failures = Array.from({ length: 1000 }, () => down)
  await bed.settle(app.start())
  give(0, 'a1')
  await bed.pass(60_000)
  assert.equal(app.state, 'error')
  assert.deepEqual(values(), [])
  await assert.rejects(bed.settle(app.run()), TypeError)
})
