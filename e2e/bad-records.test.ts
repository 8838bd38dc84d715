import {
  type AppOptions,
  type MillraceError,
  serdes,
  StreamsBuilder,
  type Topology,
} from '@millrace/core'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'

const RECORDS = 100
/** The offset of the bad one. */
const BAD = 37

interface Case {
  readonly title: string
  readonly code: MillraceError['code']
  readonly operator: string
  readonly bad: string
  readonly topology: (input: string, output: string) => Topology
  readonly goOn: Partial<AppOptions>
  readonly reason: 'deserialization' | 'processing'
}

const CASES: readonly Case[] = [
  {
    title: 'a record that cannot be decoded',
    code: 'MR_DESERIALIZATION',
    operator: 'numbers',
    bad: 'no JSON',
    topology: (input, output) => {
      const builder = new StreamsBuilder()
      builder
        .stream(input, { name: 'numbers', key: serdes.string, value: serdes.json<number>() })
        .to(output)
      return builder.build()
    },
    goOn: { deserializationExceptionHandler: 'continue' },
    reason: 'deserialization',
  },
  {
    title: 'a record on which an operator fails',
    code: 'MR_PROCESSING',
    operator: 'checks',
    bad: '-1',
    topology: (input, output) => {
      const builder = new StreamsBuilder()
      builder
        .stream(input, { key: serdes.string, value: serdes.json<number>() })
        .mapValues(
          (value) => {
            if (value < 0) throw new RangeError('a negative number')
            return value
          },
          { name: 'checks', value: serdes.json<number>() },
        )
        .to(output)
      return builder.build()
    },
    goOn: { processingExceptionHandler: 'continue' },
    reason: 'processing',
  },
]

async function write(cluster: TestCluster, topic: string, bad: string): Promise<void> {
  const producer = cluster.kafka.producer({ clientId: 'e2e-bad-records' })
  await producer.flush()
  for (let i = 0; i < RECORDS; i++) {
    producer.send({
      topic,
      partition: 0,
      key: Buffer.from('k'),
      value: Buffer.from(i === BAD ? bad : String(i)),
      timestampMs: Date.now(),
      headers: [],
    })
  }
  await producer.flush()
  await producer.close()
}

const values = async (cluster: TestCluster, topic: string): Promise<string[]> =>
  (await readTopic(cluster, topic)).map(({ value }) => Buffer.from(value ?? []).toString())

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i))

describe('bad records', { concurrency: 2 }, () => {
  for (const { title, code, operator, bad, topology, goOn, reason } of CASES) {
    test(`${title} stops the app, which names it; 'continue' drops it and nothing else`, async (t) => {
      const cluster = new TestCluster(t)
      const input = await cluster.createTopic('in', 1)
      const output = await cluster.createTopic('out', 1)
      await write(cluster, input, bad)

      const strict = new TestApp(cluster, topology(input, output))
      const error = await strict.untilFailed(code)
      const { topic, partition, offset, operator: failed } = error.at
      assert.deepEqual(
        { topic, partition, offset, operator: failed },
        {
          topic: input,
          partition: 0,
          offset: BAD,
          operator,
        },
      )
      // Nothing of its transaction counts.
      assert.deepEqual(await values(cluster, output), [])

      const lenient = new TestApp(cluster, topology(input, output), goOn)
      await lenient.until('all are processed', () => {
        const { dropped, recordsProcessed } = lenient.app.metrics()
        const taken = recordsProcessed + (dropped.deserialization ?? 0)
        return taken === RECORDS
      })
      await lenient.app.close()
      assert.deepEqual(lenient.app.metrics().dropped, { [reason]: 1 })
      assert.ok(lenient.log.some((line) => line.includes(code) && line.includes(`"offset":${BAD}`)))
      assert.deepEqual(await values(cluster, output), [
        ...numbers(0, BAD),
        ...numbers(BAD + 1, RECORDS),
      ])
    })
  }
})
