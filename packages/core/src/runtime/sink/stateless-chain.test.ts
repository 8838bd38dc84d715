import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExceptionHandler } from '../../config/app-options.ts'
import { StreamsBuilder } from '../../dsl/streams-builder.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import { silentLogger } from '../../observe/logger.ts'
import type { ProcessorWrapper } from '../../topology/build-options.ts'
import type { ExternalSink } from '../../topology/topology-node.ts'
import { serdePending } from '../../serde/serde-pending.ts'
import type { Serde } from '../../serde/serde.ts'
import { serdes } from '../../serde/serdes.ts'
import { systemClock } from '../../time/clock.ts'
import { failOnInvalidTimestamp } from '../../time/timestamp-extractor.ts'
import { type AppMetrics, createMetrics } from '../task-metrics.ts'
import {
  type ChainEnvironment,
  createStatelessChain,
  type StatelessChain,
} from './stateless-chain.ts'
import type { KStream } from '../../dsl/kstream.ts'

const text = { key: serdes.string, value: serdes.string }
const input = { topic: 'words', partition: 3 }

type Leads = (words: KStream<string, string>) => void

/** What leads from `words` to an external sink: to all nodes without children. */
function leading(leads: Leads, processorWrapper?: ProcessorWrapper): ChainSink {
  const builder = new StreamsBuilder()
  leads(builder.stream('words', text))
  const topology = builder.build(processorWrapper === undefined ? {} : { processorWrapper })
  const nodes = (topology.subtopologies[0]?.nodes ?? []).filter((node) => node.kind !== 'sink')
  const parents = nodes.filter(({ children }) => children.length === 0).map(({ name }) => name)
  return { id: 1, name: 'out', nodes, parents }
}

type ChainSink = Pick<ExternalSink, 'id' | 'name' | 'nodes' | 'parents'>

interface BedOptions {
  readonly processing?: ExceptionHandler
  readonly deserialization?: ExceptionHandler
  readonly metrics?: AppMetrics
}

function chainOf(sink: ChainSink, options: BedOptions = {}): StatelessChain {
  return createStatelessChain(sink, environment(options), input)
}

function environment({ processing, deserialization, metrics }: BedOptions): ChainEnvironment {
  return {
    applicationId: 'app',
    timestampExtractor: failOnInvalidTimestamp,
    deserializationExceptionHandler: deserialization ?? 'fail',
    processingExceptionHandler: processing ?? 'fail',
    clock: systemClock,
    logger: silentLogger,
    metrics: metrics ?? createMetrics(),
    topicName: (name) => name,
  }
}

function record(value: string | null, offset: number, timestamp = 1000 + offset): ConsumedRecord {
  return {
    ...input,
    offset,
    timestamp,
    key: Buffer.from('k'),
    value: value === null ? null : Buffer.from(value),
    headers: [{ key: 'h', value: Buffer.from('1') }],
  }
}

const valuesOf = async (chain: StatelessChain, raw: ConsumedRecord): Promise<unknown[]> =>
  (await chain.process(raw)).map(({ value }) => value)

test('a source alone hands over what it decodes', async () => {
  const chain = chainOf(leading(() => undefined))

  assert.deepEqual(await chain.process(record('a', 7)), [
    { index: 0, key: 'k', value: 'a', timestampMs: 1007, headers: record('a', 7).headers },
  ])
  assert.deepEqual(await valuesOf(chain, record(null, 8)), [null])
})

test('operators run in order, and their outputs are numbered record by record', async () => {
  const chain = chainOf(
    leading((words) => {
      words
        .filter((_, value) => value !== 'no')
        .flatMapValues((value) => value.split(' '))
        .mapValues((value) => value.toUpperCase())
    }),
  )
  const outputs = await chain.process(record('a b', 0))

  assert.deepEqual(
    outputs.map(({ index, value }) => [index, value]),
    [
      [0, 'A'],
      [1, 'B'],
    ],
  )
  assert.deepEqual(await valuesOf(chain, record('no', 1)), [])
  assert.deepEqual(
    (await chain.process(record('c', 2))).map(({ index, value }) => [index, value]),
    [[0, 'C']],
  )
})

test('a value that is undefined leaves as a tombstone', async () => {
  const chain = chainOf(leading((words) => words.mapValues(() => undefined)))

  assert.deepEqual(await valuesOf(chain, record('a', 0)), [null])
})

test('when all is synchronous, no promise is made after the first record', async () => {
  const chain = chainOf(leading((words) => words.mapValues((value) => value + '!')))
  await chain.process(record('a', 0))

  const result = chain.process(record('b', 1))
  assert.ok(Array.isArray(result))
})

test('an asynchronous operator is waited for, whether or not those before it wait', async () => {
  const slow: ProcessorWrapper = (_, supplier) => () => {
    const inner = supplier()
    return {
      async process(one, context) {
        await new Promise((resolve) => setImmediate(resolve))
        await inner.process(one, context)
      },
    }
  }
  const chain = chainOf(
    leading(
      (words) => words.flatMapValues((value) => value.split(' ')).mapValues((v) => v + '!'),
      slow,
    ),
  )

  assert.deepEqual(await valuesOf(chain, record('a b', 0)), ['a!', 'b!'])
  assert.deepEqual(await valuesOf(chain, record('c', 1)), ['c!'])
})

const failsOnBad: Leads = (words) => {
  words
    .flatMapValues((value) => value.split(' '))
    .mapValues(
      (value) => {
        if (value === 'bad') throw new Error('bad value')
        return value
      },
      { name: 'check' },
    )
}

test('an operator that fails is named, with the place of the record', async () => {
  const chain = chainOf(leading(failsOnBad))

  await assert.rejects(
    async () => chain.process(record('a bad', 5)),
    (error) => {
      assert.ok(MillraceError.is(error, 'MR_PROCESSING'))
      assert.deepEqual(error.at, {
        operator: 'check',
        task: '1_3',
        topic: 'words',
        partition: 3,
        offset: 5,
      })
      return true
    },
  )
})

test('a record that a handler drops has no outputs, not those before the error either', async () => {
  const metrics = createMetrics()
  const chain = chainOf(leading(failsOnBad), { processing: 'continue', metrics })

  assert.deepEqual(await valuesOf(chain, record('a bad', 0)), [])
  assert.deepEqual(await valuesOf(chain, record('b c', 1)), ['b', 'c'])
  assert.deepEqual(metrics.dropped, { processing: 1 })
})

const picky: typeof serdes.string = {
  serialize: (value, topic) => serdes.string.serialize(value, topic),
  deserialize(bytes, topic) {
    const value = serdes.string.deserialize(bytes, topic)
    if (value === 'not text') throw new TypeError(value)
    return value
  },
}

function pickySink(): ChainSink {
  const builder = new StreamsBuilder()
  builder.stream('words', { key: serdes.string, value: picky, name: 'source' })
  const nodes = builder.build().subtopologies[0]?.nodes.filter((node) => node.kind === 'source')
  return { id: 0, name: 'out', nodes: nodes ?? [], parents: ['source'] }
}

test('a record that cannot be decoded fails, or is dropped and counted', async () => {
  await assert.rejects(
    async () => chainOf(pickySink()).process(record('not text', 9)),
    (error) => MillraceError.is(error, 'MR_DESERIALIZATION') && error.at['offset'] === 9,
  )
  const metrics = createMetrics()
  const seen: unknown[] = []
  const chain = chainOf(pickySink(), {
    deserialization: (error) => {
      seen.push(error.at['offset'])
      return 'continue'
    },
    metrics,
  })
  assert.deepEqual(await valuesOf(chain, record('not text', 9)), [])
  assert.deepEqual(await valuesOf(chain, record('a', 10)), ['a'])
  assert.deepEqual([seen, metrics.dropped], [[9], { deserialization: 1 }])
})

test('time comes from the extractor of the source, which is told the partition’s', async () => {
  const builder = new StreamsBuilder()
  const told: number[] = []
  const timestampExtractor = ({ value }: { value: unknown }, partitionTimeMs: number): number => {
    told.push(partitionTimeMs)
    return Number(value)
  }
  builder.stream('words', { ...text, timestampExtractor, name: 'source' })
  const nodes = builder.build().subtopologies[0]?.nodes.filter((node) => node.kind === 'source')
  const metrics = createMetrics()
  const sink = { id: 0, name: 'out', nodes: nodes ?? [], parents: ['source'] }
  const chain = chainOf(sink, { metrics })
  const times: number[] = []
  for (const value of ['50', '40', '-1', '60']) {
    for (const { timestampMs } of await chain.process(record(value, 0))) times.push(timestampMs)
  }

  assert.deepEqual(times, [50, 40, 60])
  assert.deepEqual(told, [-1, 50, 50, 50])
  assert.deepEqual(metrics.dropped, { 'invalid-timestamp': 1 })
})

test('internal topics are known by their names in the cluster', async () => {
  const topicName = (name: string): string => `app-${name}`
  const make = (topic: string): StatelessChain =>
    createStatelessChain(
      leading(() => undefined),
      { ...environment({}), topicName },
      { topic, partition: 0 },
    )

  assert.deepEqual(await valuesOf(make('app-words'), record('a', 0)), ['a'])
  assert.throws(() => make('words'), /out does not read the topic words/)
})

test('a processor that schedules is refused when the chain begins', async () => {
  const ticking: ProcessorWrapper = (_, supplier) => () => ({
    init: (context) => void context.schedule(1000, 'wall-clock-time', () => undefined),
    process: (one, context) => supplier().process(one, context),
  })
  const chain = chainOf(leading((words) => words.mapValues((value) => value), ticking))

  await assert.rejects(
    async () => chain.process(record('a', 0)),
    (error) =>
      /cannot schedule punctuations/.test(String(error instanceof Error ? error.cause : '')),
  )
})

test('closing closes the operators', async () => {
  const closed: string[] = []
  const wrapper: ProcessorWrapper = (operator, supplier) => () => {
    const inner = supplier()
    return {
      process: (one, context) => inner.process(one, context),
      close: () => void closed.push(operator),
    }
  }
  const chain = chainOf(leading((words) => words.mapValues((v) => v, { name: 'same' }), wrapper))
  await chain.process(record('a', 0))
  await chain.close()

  assert.deepEqual(closed, ['same'])
})

test('a record that a serde cannot decode yet is waited for', async () => {
  const known = new Set<string>()
  const asking: Serde<string> = {
    serialize: (value) => Buffer.from(value),
    deserialize(bytes) {
      const value = Buffer.from(bytes).toString()
      const ask = (): Promise<void> => Promise.resolve().then(() => void known.add(value))
      if (!known.has(value)) throw serdePending('not yet', ask)
      return value
    },
  }
  const builder = new StreamsBuilder()
  builder.stream('words', { key: serdes.string, value: asking, name: 'source' })
  const all = builder.build().subtopologies[0]?.nodes ?? []
  const nodes = all.filter((node) => node.kind === 'source')
  const chain = chainOf({ id: 0, name: 'out', nodes, parents: ['source'] })

  for (const value of ['a', 'b', 'a']) {
    assert.deepEqual(await valuesOf(chain, record(value, 0)), [value])
  }
})
