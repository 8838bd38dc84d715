import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type App,
  serdes,
  silentLogger,
  type SinkRecord,
  StreamsBuilder,
  type Topology,
} from '@millrace/core'
import { createAppOn } from '@millrace/core/internal'
import { memorySink } from '../sink/memory-sink.ts'
import { MemoryTarget } from '../sink/memory-target.ts'
import { TopologyTestDriver } from '../topology-test-driver.ts'
import { SimulationBed } from './kafka/simulation-bed.testkit.ts'
import type { SimulatedProcess } from './time/simulated-process.ts'

const text = { key: serdes.string, value: serdes.string }
const PARTITIONS = 2
const RECORDS = 300

type TextTarget = MemoryTarget<string, string>
type SumTarget = MemoryTarget<string, number>

interface Targets {
  readonly words: TextTarget
  readonly sums: SumTarget
}

function newTargets(): Targets {
  return { words: new MemoryTarget(), sums: new MemoryTarget() }
}

/** Words straight from the topic, and how many each key has, through a topic. */
function topologyOf({ words, sums }: Targets): Topology {
  const builder = new StreamsBuilder()
  const split = builder
    .stream('in', text)
    .flatMapValues((value) => value.split(' '), { value: serdes.string })
  split.filter((_, word) => word !== 'a').toSink(memorySink({ target: words }), { name: 'words' })
  split
    .mapValues((word) => word.length, { value: serdes.double })
    .groupByKey()
    .reduce((sum, length) => sum + length, { store: 'sums', caching: false })
    .toStream()
    .toSink(memorySink({ target: sums }), { name: 'sums' })
  return builder.build()
}

const inputs = Array.from({ length: RECORDS }, (_, i) => ({
  key: `k${i % 7}`,
  value: i % 3 === 0 ? 'a few words' : `word-${i}`,
}))

/** What the test driver says that the sinks are given. */
async function expected(): Promise<Record<string, readonly string[]>> {
  const driver = await TopologyTestDriver.create(topologyOf(newTargets()), {
    partitions: PARTITIONS,
    applicationId: 'app',
  })
  const input = driver.input('in', text)
  for (const { key, value } of inputs) await input.pipe(key, value)
  const given = { words: shown(driver.readSink('words')), sums: shown(driver.readSink('sums')) }
  await driver.close()
  return given
}

/** By partition, in the order of effects. Offsets of an internal topic depend on its transactions. */
function shown(records: readonly SinkRecord<unknown, unknown>[]): readonly string[] {
  const lines = records.map(
    (one) => `${one.topic}-${one.partition} ${String(one.key)}=${String(one.value)}#${one.index}`,
  )
  return [...lines.entries()]
    .sort(([i, a], [j, b]) => partitionOf(a).localeCompare(partitionOf(b)) || i - j)
    .map(([, line]) => line)
}

const partitionOf = (line: string): string => line.split(' ')[0] ?? ''

function start(bed: SimulationBed, process: SimulatedProcess, topology: Topology): App {
  return createAppOn(
    { kafka: () => bed.kafka.connect(process), scheduler: process, random: () => 0.5 },
    topology,
    {
      applicationId: 'app',
      brokers: 'simulated:9092',
      logger: silentLogger,
      repartitionPurgeInterval: '1 second',
    },
  )
}

function give(bed: SimulationBed, key: string, value: string): void {
  const bytes = { key: Buffer.from(key), value: Buffer.from(value) }
  bed.kafka.append({ topic: 'in', partition: undefined, ...bytes, timestampMs: 0, headers: [] })
}

describe('an app with sinks outside Kafka', () => {
  test('gives them what the test driver gives, straight from a topic and through one', async () => {
    const bed = new SimulationBed()
    bed.topic('in', PARTITIONS)
    for (const { key, value } of inputs) give(bed, key, value)
    const targets = newTargets()
    const app = start(bed, bed.process(), topologyOf(targets))
    await bed.settle(app.start())
    await bed.pass(20_000)
    await bed.settle(app.close())

    const given = { words: shown(targets.words.records), sums: shown(targets.sums.records) }
    assert.deepEqual(given, await expected())
    const [topic, partition] = ['app-sums-sink', 0]
    assert.equal(targets.words.position({ sinkId: 'app-words', topic: 'in', partition })?.epoch, 1)
    assert.equal(targets.sums.position({ sinkId: 'app-sums', topic, partition })?.epoch, 1)
    // What the target has is purged from the topic that nobody else reads.
    const logs = bed.kafka.topics.get('app-sums-sink')?.partitions ?? []
    assert.deepEqual(
      logs.map((log) => log.everything().length),
      [0, 0],
    )
  })

  test('gives each record once, however often its process is killed', async () => {
    const bed = new SimulationBed({ seed: 7 })
    bed.topic('in', PARTITIONS)
    const targets = newTargets()
    const topology = topologyOf(targets)
    let written = 0
    for (let life = 0; life < 6; life++) {
      const process = bed.process(`life-${life}`)
      const app = start(bed, process, topologyOf(targets))
      void app.start().catch(() => undefined)
      for (const end = written + RECORDS / 6; written < end; written++) {
        const { key = '', value = '' } = inputs[written] ?? {}
        give(bed, key, value)
      }
      await bed.pass(5000 + life * 1311)
      process.kill()
    }
    const app = start(bed, bed.process('last'), topology)
    await bed.settle(app.start())
    await bed.pass(30_000)
    await bed.settle(app.close())

    const given = { words: shown(targets.words.records), sums: shown(targets.sums.records) }
    assert.deepEqual(given, await expected())
  })

  test('runs without tasks where all of its sinks are direct', async () => {
    const bed = new SimulationBed()
    bed.topic('in', PARTITIONS)
    const target: TextTarget = new MemoryTarget()
    const builder = new StreamsBuilder()
    builder.stream('in', text).toSink(memorySink({ target }), { name: 'out' })
    const app = start(bed, bed.process(), builder.build())
    await bed.settle(app.start())
    for (const key of ['a', 'b', 'c']) give(bed, key, key)
    await bed.pass(5000)
    await bed.settle(app.close())

    assert.deepEqual(target.records.map(({ value }) => value).sort(), ['a', 'b', 'c'])
    assert.deepEqual(
      bed.kafka.topics.names.filter((name) => name.startsWith('app-')),
      [],
    )
  })
})
