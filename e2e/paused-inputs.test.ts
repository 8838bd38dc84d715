import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import type { KafkaPort } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'

/** In the past by less than any retention: the broker would delete the records at some moment. */
const START_MS = Date.now() - 3_600_000
/** Of a record's value: three times the budget below fit into one poll. */
const VALUE_BYTES = 200
const BUDGET_BYTES = 200_000
const STRING = { key: serdes.string, value: serdes.string } as const

/** What one topic holds: `count` records from `firstMs`, one every `stepMs`. */
interface Series {
  readonly count: number
  readonly firstMs: number
  readonly stepMs: number
}

interface Case {
  readonly title: string
  readonly early: Series
  /** Written when all of `early` is there. */
  readonly late: Series
}

const CASES: readonly Case[] = [
  {
    title: 'of which one is much larger, and was written long before',
    early: { count: 20_000, firstMs: START_MS, stepMs: 10 },
    late: { count: 1000, firstMs: START_MS + 5, stepMs: 200 },
  },
  {
    title: 'of which one is older as a whole',
    early: { count: 8000, firstMs: START_MS + 1_000_000, stepMs: 10 },
    late: { count: 8000, firstMs: START_MS, stepMs: 10 },
  },
  {
    title: 'that are as large as each other, and interleaved',
    early: { count: 8000, firstMs: START_MS + 1, stepMs: 2 },
    late: { count: 8000, firstMs: START_MS, stepMs: 2 },
  },
]

const timesOf = ({ count, firstMs, stepMs }: Series): number[] =>
  Array.from({ length: count }, (_, i) => firstMs + i * stepMs)

async function write(cluster: TestCluster, topic: string, series: Series): Promise<void> {
  const producer = cluster.kafka.producer({ clientId: 'e2e-paused' })
  await producer.flush()
  for (const timestampMs of timesOf(series)) {
    producer.send({
      topic,
      partition: 0,
      key: Buffer.from('k'),
      value: Buffer.alloc(VALUE_BYTES, '.'),
      timestampMs,
      headers: [],
    })
  }
  await producer.flush()
  await producer.close()
}

/** Both topics in one task; the output is the time of each record, in the order of processing. */
function merged(left: string, right: string, output: string): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(left, STRING)
    .merge(builder.stream(right, STRING))
    .mapValues(() => '', { value: serdes.string })
    .to(output)
  return builder.build()
}

/** Counts how often the app pauses a partition of this topic. */
function withPauseCount(kafka: KafkaPort, pauses: Map<string, number>): KafkaPort {
  return {
    ...kafka,
    groupConsumer: (options) => {
      const consumer = kafka.groupConsumer(options)
      const pause = consumer.pause.bind(consumer)
      consumer.pause = (partitions) => {
        for (const { topic } of partitions) pauses.set(topic, (pauses.get(topic) ?? 0) + 1)
        pause(partitions)
      }
      return consumer
    },
  }
}

/** Where two lists part, with what comes then: a diff of all would not be read. */
function firstDifference(
  actual: readonly number[],
  expected: readonly number[],
): string | undefined {
  const at = Array.from({ length: Math.max(actual.length, expected.length) }).findIndex(
    (_, i) => actual[i] !== expected[i],
  )
  if (at < 0) return undefined
  const [found, wanted] = [actual, expected].map((list) => list.slice(at, at + 8).join(' '))
  return `${at} of ${actual.length}: ${found ?? ''} instead of ${wanted ?? ''}`
}

describe('a task with more input than it may buffer takes topics in the order of time', () => {
  for (const { title, early, late } of CASES) {
    test(title, { timeout: 60_000 }, async (t) => {
      const cluster = new TestCluster(t)
      const left = await cluster.createTopic('left', 1)
      const right = await cluster.createTopic('right', 1)
      const output = await cluster.createTopic('out', 1)
      await write(cluster, left, early)
      await write(cluster, right, late)

      const pauses = new Map<string, number>()
      const member = new TestApp(cluster, merged(left, right, output), {
        inputBufferMaxBytes: BUDGET_BYTES,
        port: (kafka) => withPauseCount(kafka, pauses),
      })
      const all = early.count + late.count
      await member.until(
        'all is processed',
        () => member.app.metrics().recordsProcessed === all,
        30_000,
      )
      await member.app.close()

      const times = (await readTopic(cluster, output)).map(({ timestamp }) => timestamp)
      const inOrder = [...timesOf(early), ...timesOf(late)].sort((a, b) => a - b)
      assert.equal(firstDifference(times, inOrder), undefined)
      assert.ok((pauses.get(left) ?? 0) > 0, `never paused: ${[...pauses].join(' ')}`)
    })
  }
})
