import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Awaitable,
  type BuildOptions,
  type KStream,
  MillraceError,
  type ProcessorContext,
  serdes,
  type Sink,
  type StreamRecord,
  StreamsBuilder,
} from '@millrace/core'
import type { TestDriverOptions } from './driver/driver-options.ts'
import { TEXT } from './processor-bed.testkit.ts'
import type { TestInputTopic } from './test-input-topic.ts'
import { memorySink } from './sink/memory-sink.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const sink: Sink<unknown, unknown> = memorySink()

type Context = ProcessorContext<string, string>

interface Bed {
  readonly driver: TopologyTestDriver
  readonly orders: TestInputTopic<string, string>
  /** `key=value` of what the sink was given. */
  readonly given: (name?: string) => readonly string[]
}

async function bed(
  define: (orders: KStream<string, string>) => void,
  options: TestDriverOptions & BuildOptions = {},
): Promise<Bed> {
  const builder = new StreamsBuilder()
  define(builder.stream('orders', TEXT))
  const driver = await TopologyTestDriver.create(builder.build(options), options)
  const given = (name = 'out'): readonly string[] =>
    driver.readSink(name).map(({ key, value }) => `${String(key)}=${String(value)}`)
  return { driver, orders: driver.input('orders', TEXT), given }
}

/** The sum of the orders of a key, through the sink `out`. */
function sums(orders: KStream<string, string>): void {
  orders
    .mapValues(Number, { value: serdes.double })
    .groupByKey()
    .reduce((sum, one) => sum + one, { store: 'sums' })
    .toStream()
    .toSink(sink, { name: 'out' })
}

describe('a direct sink', () => {
  test('is given the records of its topic, where they came from, and which of several each is', async () => {
    const { driver, orders } = await bed((stream) => {
      stream
        .filter((_, value) => value !== 'no')
        .flatMapValues((value) => value.split(' '))
        .toSink(sink, { name: 'out' })
    })
    const headers = [{ key: 'h', value: Buffer.from('1') }]
    await orders.pipe('a', 'x y', { timestampMs: 5, headers })
    await orders.pipe('a', 'no', { timestampMs: 6 })
    await orders.pipe(null, 'z', { timestampMs: 7 })

    const common = { topic: 'orders', partition: 0 }
    assert.deepEqual(driver.readSink('out'), [
      { ...common, offset: 0, index: 0, key: 'a', value: 'x', timestampMs: 5, headers },
      { ...common, offset: 0, index: 1, key: 'a', value: 'y', timestampMs: 5, headers },
      { ...common, offset: 2, index: 0, key: null, value: 'z', timestampMs: 7, headers: [] },
    ])
    assert.deepEqual(driver.committedOffsets, [])
  })

  test('gets tombstones', async () => {
    const { driver, orders } = await bed((stream) => {
      stream.toSink(sink, { name: 'out' })
    })
    await orders.pipe('a', null)

    assert.equal(driver.readSink('out')[0]?.value, null)
  })

  test('reads every partition of every topic', async () => {
    const builder = new StreamsBuilder()
    builder.stream('a', TEXT).merge(builder.stream('b', TEXT)).toSink(sink, { name: 'out' })
    const driver = await TopologyTestDriver.create(builder.build(), { topics: { a: 3, b: 2 } })
    const [a, b] = [driver.input('a', TEXT), driver.input('b', TEXT)]
    await a.pipe('k', '1', { partition: 2 })
    await b.pipe('k', '2', { partition: 1 })
    await a.pipe('k', '3', { partition: 2 })

    assert.deepEqual(
      driver.readSink('out').map((one) => `${one.topic}-${one.partition}@${one.offset}`),
      ['a-2@0', 'b-1@0', 'a-2@1'],
    )
  })

  test('reads beside the tasks, which are not in its way', async () => {
    const { driver, orders, given } = await bed((stream) => {
      const big = stream.filter((_, value) => Number(value) > 10)
      big.toSink(sink, { name: 'out' })
      big.groupByKey().count({ store: 'counts' })
    })
    await orders.pipeAll([
      ['a', '11'],
      ['a', '1'],
      ['a', '12'],
    ])

    assert.deepEqual(given(), ['a=11', 'a=12'])
    const counts = driver.table('counts', { key: serdes.string, value: serdes.long })
    assert.equal(counts.get('a')?.value, 2)
  })

  test('takes its branch of a split, while tasks take another', async () => {
    const { driver, orders, given } = await bed((stream) => {
      const { big, rest } = stream
        .split()
        .branch('big', (_, value) => Number(value) > 10)
        .default('rest')
      big.toSink(sink, { name: 'out' })
      rest.to('small')
    })
    await orders.pipeAll([
      ['a', '11'],
      ['b', '1'],
    ])

    assert.deepEqual(given(), ['a=11'])
    assert.deepEqual(driver.output('small', TEXT).readAll(), [['b', '1']])
  })

  test('is not taken back by an abort, since its topic was not written by the application', async () => {
    const { driver, orders, given } = await bed(
      (stream) => {
        stream.toSink(sink, { name: 'out' })
        stream.to('copies')
      },
      { commit: 'manual' },
    )
    await orders.pipe('a', '1')
    await driver.abort()
    await driver.commit()
    await driver.restart()
    await orders.pipe('a', '2')

    assert.deepEqual(given(), ['a=1', 'a=2'])
  })
})

describe('a sink with a topic of its own', () => {
  test('is given what the tasks have committed, from that topic', async () => {
    const { driver, orders } = await bed(sums)
    await orders.pipe('a', '1', { timestampMs: 5 })
    await orders.pipe('b', '7', { timestampMs: 4 })
    await orders.pipe('a', '2', { timestampMs: 6 })

    const common = { topic: 'test-out-sink', partition: 0, index: 0, headers: [] }
    assert.deepEqual(driver.readSink<string, number>('out'), [
      { ...common, offset: 0, key: 'a', value: 1, timestampMs: 5 },
      { ...common, offset: 1, key: 'b', value: 7, timestampMs: 4 },
      { ...common, offset: 2, key: 'a', value: 3, timestampMs: 6 },
    ])
    const written = driver.output('test-out-sink', { key: serdes.string, value: serdes.double })
    assert.deepEqual(written.readValues(), [1, 7, 3])
  })

  test('is given nothing that was aborted', async () => {
    const { driver, orders, given } = await bed(sums, { commit: 'manual' })
    await orders.pipe('a', '1')
    assert.deepEqual(given(), [])
    await driver.abort()
    await orders.pipe('a', '2')
    assert.deepEqual(given(), [])
    await driver.commit()

    assert.deepEqual(given(), ['a=1', 'a=3'])
  })

  test('has as many partitions as the topic above, and the records of a key in one of them', async () => {
    const { driver, orders } = await bed(
      (stream) => {
        stream.selectKey((_, value) => value, { key: serdes.string }).toSink(sink, { name: 'out' })
      },
      { partitions: 4 },
    )
    for (const key of ['a', 'b', 'c', 'd']) {
      await orders.pipe(key, 'x')
      await orders.pipe(key, 'y')
      await orders.pipe(key, 'z')
    }

    const partitions = new Map<unknown, Set<number>>()
    for (const { key, partition } of driver.readSink('out')) {
      partitions.set(key, (partitions.get(key) ?? new Set()).add(partition))
    }
    assert.deepEqual(
      [...partitions.values()].map(({ size }) => size),
      [1, 1, 1],
    )
    assert.ok(new Set([...partitions.values()].flatMap((one) => [...one])).size > 1)
  })

  test('calls a shared `peek` once a record', async () => {
    const seen: string[] = []
    const { driver, orders, given } = await bed((stream) => {
      const looked = stream.peek((_, value) => seen.push(value))
      looked.toSink(sink, { name: 'out' })
      looked.to('copies')
    })
    await orders.pipe('a', '1')

    assert.deepEqual(seen, ['1'])
    assert.deepEqual(given(), ['a=1'])
    assert.deepEqual(driver.output('copies', TEXT).readValues(), ['1'])
  })

  test('takes what operators drop', async () => {
    const builder = new StreamsBuilder()
    const dropsOld = (one: StreamRecord<string, string>, context: Context): Awaitable<void> => {
      if (one.value !== 'old') return context.forward(one)
      context.recordDropped('late')
    }
    builder
      .stream('in', TEXT)
      .process<string, string>(() => ({ process: dropsOld }), {
        ...TEXT,
        dropped: (late) => {
          late
            .mapValues(({ reason }) => reason, { value: serdes.string })
            .toSink(sink, { name: 'late' })
        },
      })
      .toSink(sink, { name: 'out' })
    const driver = await TopologyTestDriver.create(builder.build())
    const input = driver.input('in', TEXT)
    await input.pipe('a', 'new')
    await input.pipe('b', 'old')

    assert.deepEqual(
      driver.readSink('out').map(({ value }) => value),
      ['new'],
    )
    assert.deepEqual(
      driver.readSink('late').map(({ key, value }) => [key, value]),
      [['b', 'late']],
    )
  })
})

describe('an error before a direct sink', () => {
  const failing = (stream: KStream<string, string>): void => {
    stream
      .flatMapValues((value) => value.split(' '))
      .mapValues((value) => {
        if (value === 'bad') throw new Error('bad')
        return value
      })
      .toSink(sink, { name: 'out' })
  }

  test('fails the step, and the record comes again', async () => {
    const { driver, orders, given } = await bed(failing)
    await orders.pipe('a', 'x')
    const isProcessing = (error: unknown): boolean => MillraceError.is(error, 'MR_PROCESSING')

    await assert.rejects(orders.pipe('a', 'y bad'), isProcessing)
    await assert.rejects(driver.commit(), isProcessing)
    assert.deepEqual(given(), ['a=x'])
  })

  test('drops the record with all that came of it, when a handler says so', async () => {
    const { driver, orders, given } = await bed(failing, { processingExceptionHandler: 'continue' })
    await orders.pipe('a', 'y bad')
    await orders.pipe('a', 'z')

    assert.deepEqual(given(), ['a=z'])
    assert.deepEqual(driver.metrics.dropped, { processing: 1 })
  })
})

describe('a sink is given the same', () => {
  /** Every way to a sink, of one stream: each name is a sink. */
  const define = (orders: KStream<string, string>, through: 'auto' | 'internal-topic'): void => {
    const words = orders.flatMapValues((value) => value.split(' '), { value: serdes.string })
    words.toSink(sink, { name: 'words', through })
    const { long, rest } = words
      .split()
      .branch('long', (_, word) => word.length > 2)
      .default('rest')
    long.merge(rest.filter((_, word) => word !== 'a')).toSink(sink, { name: 'merged', through })
    words
      .groupBy((_, word) => word, TEXT)
      .count({ store: 'a' })
      .toStream()
      .to('a', { value: serdes.long })
    const keyed = words.selectKey((_, word) => word, { key: serdes.string })
    keyed.toSink(sink, { name: 'keyed', through })
    keyed.groupByKey().count({ store: 'b' }).toStream().toSink(sink, { name: 'counts', through })
  }
  const texts = ['a long day', 'a', 'day by day', 'b bb bbb', 'long a']

  async function run(
    through: 'auto' | 'internal-topic',
    optimization: 'none' | 'all',
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    const options = { optimization, partitions: 2 }
    const { orders, driver } = await bed((stream) => {
      define(stream, through)
    }, options)
    for (const [i, text] of texts.entries())
      await orders.pipe(`k${i % 3}`, text, { timestampMs: i })
    const shown = ['words', 'merged', 'keyed', 'counts'].map((name): [string, string[]] => [
      name,
      // There is no order between partitions, and the topics of a sink are cut otherwise than its sources.
      driver
        .readSink(name)
        .map(({ key, value, timestampMs }) => `${String(key)}=${String(value)}@${timestampMs}`)
        .sort(),
    ])
    return Object.fromEntries(shown)
  }

  test('on whatever way, optimised or not', async () => {
    const expected = await run('auto', 'none')
    assert.equal(expected['words']?.length, 12)
    assert.equal(expected['counts']?.length, 12)

    assert.deepEqual(await run('internal-topic', 'none'), expected)
    assert.deepEqual(await run('auto', 'all'), expected)
    assert.deepEqual(await run('internal-topic', 'all'), expected)
  })
})

test('a sink that there is not is an error that names those that there are', async () => {
  const { driver } = await bed((stream) => {
    stream.toSink(sink, { name: 'out' })
  })

  assert.throws(() => driver.readSink('typo'), {
    name: 'TypeError',
    message: 'there is no sink typo; there are: out',
  })
})

test('what runs before a sink is closed with the driver', async () => {
  const closed: string[] = []
  const { driver, orders } = await bed(
    (stream) => {
      stream.filter(() => true, { name: 'f' }).toSink(sink, { name: 'out' })
    },
    {
      processorWrapper: (operator, supplier) => () => {
        const inner = supplier()
        return {
          process: (one, context) => inner.process(one, context),
          close: () => void closed.push(operator),
        }
      },
    },
  )
  await orders.pipe('a', '1')
  await driver.restart()
  await orders.pipe('a', '2')
  await driver.close()

  assert.deepEqual(closed, ['f', 'f'])
})
