import { type ErrorCode, type Serde, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import type { ConsumedRecord } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestApp } from './app.testkit.ts'
import { readTopic } from './changelog.testkit.ts'
import { TestCluster } from './cluster.testkit.ts'
import { CountedOutput } from './counted-output.testkit.ts'
import { type Input, Inputs, parseInput } from './inputs.testkit.ts'
import type { Counted } from './topologies.testkit.ts'

const INPUTS = 3000
/** The first of the bad ones: what comes before it fills several transactions. */
const FIRST_BAD = 1500

const isBad = ({ id }: Input): boolean => {
  const n = Number(id.slice(1))
  return n >= FIRST_BAD && n % 97 === 0
}

function refuse(value: string): void {
  if (isBad(parseInput(value))) throw new RangeError('a record that the test has made bad')
}

const strictString: Serde<string> = {
  serialize: (value, topic) => serdes.string.serialize(value, topic),
  deserialize: (bytes, topic) => {
    const value = serdes.string.deserialize(bytes, topic)
    refuse(value)
    return value
  },
}

/** The last operator of {@link countThenCheck}: counts and outputs are done when it fails. */
type Check = (value: string) => void | Promise<void>

interface Case {
  readonly title: string
  readonly code: ErrorCode
  readonly operator: string
  readonly value: Serde<string>
  readonly check: Check
  readonly reason: 'deserialization' | 'processing'
}

const CASES: readonly Case[] = [
  {
    title: 'that cannot be decoded',
    code: 'MR_DESERIALIZATION',
    operator: 'reads',
    value: strictString,
    check: () => undefined,
    reason: 'deserialization',
  },
  {
    title: 'on which an operator throws',
    code: 'MR_PROCESSING',
    operator: 'checks',
    value: serdes.string,
    check: refuse,
    reason: 'processing',
  },
  {
    title: 'on which an asynchronous operator rejects',
    code: 'MR_PROCESSING',
    operator: 'checks',
    value: serdes.string,
    check: async (value) => {
      await Promise.resolve()
      refuse(value)
    },
    reason: 'processing',
  },
]

/** Counts, sends the count, and only then looks whether the record is a bad one. */
function countThenCheck({ value, check }: Case, input: string, output: string): Topology {
  const builder = new StreamsBuilder()
  const source = builder.stream(input, { name: 'reads', key: serdes.string, value })
  source
    .groupByKey()
    .aggregate<Counted>({
      store: 'counts',
      caching: false,
      value: serdes.json<Counted>(),
      init: () => ({ count: 0, id: '' }),
      add: (_key, text, before) => ({ count: before.count + 1, id: parseInput(text).id }),
    })
    .toStream()
    .to(output)
  source.processValues(() => ({ process: (record) => check(record.value) }), { name: 'checks' })
  return builder.build()
}

const inputOf = ({ value }: ConsumedRecord): Input =>
  parseInput(Buffer.from(value ?? []).toString())

/** Ids of the inputs that have a committed output. */
async function idsIn(cluster: TestCluster, output: string): Promise<Set<string>> {
  const records = await readTopic(cluster, output)
  return new Set(
    records.map(({ value }) => (JSON.parse(Buffer.from(value ?? []).toString()) as Counted).id), // written by the topology above
  )
}

describe('a record', { concurrency: 3 }, () => {
  for (const one of CASES) {
    test(`${one.title} leaves nothing behind, and takes nothing along`, async (t) => {
      const cluster = new TestCluster(t)
      const inputs = new Inputs(cluster)
      const input = await cluster.createTopic('in', 3)
      const output = await cluster.createTopic('out', 2)
      await inputs.write([input], INPUTS)
      const topology = countThenCheck(one, input, output)
      const settings = { maxUncommittedBytes: 20_000 }

      const strict = new TestApp(cluster, topology, settings)
      const { at } = await strict.untilFailed(one.code)
      assert.ok(strict.app.metrics().commits > 1)
      const records = await readTopic(cluster, input)
      const failed = records.find(({ topic, partition, offset }) => {
        return topic === at['topic'] && partition === at['partition'] && offset === at['offset']
      })
      assert.ok(failed !== undefined && isBad(inputOf(failed)), JSON.stringify(at))
      assert.equal(at['operator'], one.operator)
      const before = await idsIn(cluster, output)
      assert.ok(before.size > 0)
      for (const record of records) {
        const mayCount = record.partition !== failed.partition || record.offset < failed.offset
        assert.ok(mayCount || !before.has(inputOf(record).id), 'a record after the bad one counts')
      }

      const lenient = new TestApp(cluster, topology, {
        ...settings,
        deserializationExceptionHandler: 'continue',
        processingExceptionHandler: 'continue',
      })
      const good = inputs.written.filter((written) => !isBad(written))
      const counted = await CountedOutput.open(cluster, output)
      await counted.assertExact(good)
      await lenient.until('all that is bad is dropped', () => {
        return lenient.app.metrics().dropped[one.reason] === INPUTS - good.length
      })
      await lenient.app.close()
      await counted.assertExact(good)
    })
  }
})
