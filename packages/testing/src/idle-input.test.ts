import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Duration,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  StreamRecord,
  StreamsBuilder,
} from '@millrace/core'
import type { TestDriverOptions } from './driver/driver-options.ts'
import { TEXT, type TextProcessor } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const IDLE = { watermark: { idle: 100 } } as const

/** Tells the time of each stream-time punctuation, every 10 ms of event time, and forwards records. */
const clockwork: TextProcessor = () => ({
  init(context) {
    context.schedule(10, 'stream-time', (nowMs) =>
      context.forward(new StreamRecord('tick', String(nowMs), nowMs)),
    )
  },
  process: (record, context) => context.forward(record),
})

/** Keeps records for `delayMs` of event time, in memory only. */
function holding(delayMs: number): TextProcessor {
  return () => new Holding(delayMs)
}

class Holding implements Processor<string, string, string, string> {
  readonly holdsBackMs: number
  #timeMs = -1
  #held: StreamRecord<string, string>[] = []

  constructor(delayMs: number) {
    this.holdsBackMs = delayMs
  }

  process(record: StreamRecord<string, string>, context: Context): void {
    this.#held.push(record)
    this.advanceTime(record.timestampMs, context)
  }

  advanceTime(timeMs: number, context: Context): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs)
    const isDue = (one: StreamRecord<string, string>): boolean =>
      one.timestampMs + this.holdsBackMs <= this.#timeMs
    for (const one of this.#held.filter(isDue)) void context.forward(one)
    this.#held = this.#held.filter((one) => !isDue(one))
  }
}

type Context = ProcessorContext<string, string>

/** Tells each record as early or late for a window of 10 ms, and each time that it is told. */
const judging: ProcessorSupplier<string, string, string, string> = () => {
  let timeMs = -1
  return {
    process(record, context) {
      const { timestampMs } = record
      const isLate = Math.floor(timestampMs / 10) * 10 + 10 <= timeMs
      timeMs = Math.max(timeMs, timestampMs)
      return context.forward(record.withValue(`${record.value} ${isLate ? 'late' : 'in time'}`))
    },
    advanceTime(nowMs, context) {
      timeMs = Math.max(timeMs, nowMs)
      return context.forward(new StreamRecord('told', String(nowMs), nowMs))
    },
  }
}

async function clockworkBed(options: TestDriverOptions = {}): Promise<{
  pipe(...times: readonly number[]): Promise<void>
  wait(duration: Duration): Promise<void>
  read(): readonly (string | null)[]
  readonly driver: TopologyTestDriver
}> {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { ...TEXT, ...IDLE })
    .process(clockwork, TEXT)
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build(), options)
  const input = driver.input('in', TEXT)
  const output = driver.output('out', TEXT)
  return {
    driver,
    async pipe(...times) {
      for (const timestampMs of times) await input.pipe('k', `r${timestampMs}`, { timestampMs })
    },
    wait: (duration) => driver.advanceWallClock(duration),
    read: () => output.readValues(),
  }
}

describe('event time of an idle task', () => {
  test('goes on at the speed of the wall clock when the idleness has run out', async () => {
    const bed = await clockworkBed()
    await bed.pipe(1000)
    assert.deepEqual(bed.read(), ['r1000', '1000'])

    await bed.wait(100)
    assert.deepEqual(bed.read(), [])
    await bed.wait(9)
    assert.deepEqual(bed.read(), [])
    await bed.wait(1)
    assert.deepEqual(bed.read(), ['1010'])
    await bed.wait(1000)
    assert.deepEqual(bed.read(), ['2010'])
  })

  test('stands still without the option', async () => {
    const builder = new StreamsBuilder()
    builder.stream('in', TEXT).process(clockwork, TEXT).to('out')
    const driver = await TopologyTestDriver.create(builder.build())
    await driver.input('in', TEXT).pipe('k', 'v', { timestampMs: 1000 })
    await driver.advanceWallClock('1 day')

    assert.deepEqual(driver.output('out', TEXT).readValues(), ['v', '1000'])
  })

  test('is unknown before the first record, and stays so', async () => {
    const bed = await clockworkBed()
    await bed.wait('1 hour')

    assert.deepEqual(bed.read(), [])
  })

  test('waits anew after each record, and never goes back for one', async () => {
    const bed = await clockworkBed()
    await bed.pipe(1000)
    await bed.wait(250)
    assert.deepEqual(bed.read(), ['r1000', '1000', '1150'])

    await bed.pipe(1100)
    await bed.wait(100)
    assert.deepEqual(bed.read(), ['r1100'])
    await bed.wait(10)
    assert.deepEqual(bed.read(), ['1160'])
  })

  test('is not lost with an abort or a restart: it does not go back', async () => {
    const bed = await clockworkBed()
    await bed.pipe(1000)
    await bed.wait(250)
    bed.read()

    for (const disturb of [() => bed.driver.abort(), () => bed.driver.restart()]) {
      await disturb()
      await bed.pipe(1)
      // The first punctuation of a new processor comes at once, with the time there is.
      assert.deepEqual(bed.read(), ['r1', '1150'])
    }
  })

  test('is taken back with what it did when that is not committed', async () => {
    const bed = await clockworkBed({ commit: 'manual' })
    await bed.pipe(1000)
    await bed.driver.commit()
    await bed.wait(250)
    await bed.driver.abort()
    assert.deepEqual(bed.read(), ['r1000', '1000'])

    await bed.pipe(1005)
    await bed.driver.commit()
    assert.deepEqual(bed.read(), ['r1005', '1005'])
  })

  test('needs the option at every source of the task', async () => {
    const run = async (right: object): Promise<readonly (string | null)[]> => {
      const builder = new StreamsBuilder()
      builder
        .stream('left', { ...TEXT, ...IDLE })
        .merge(builder.stream('right', { ...TEXT, ...right }))
        .process(clockwork, TEXT)
        .to('out')
      const driver = await TopologyTestDriver.create(builder.build())
      await driver.input('left', TEXT).pipe('k', 'v', { timestampMs: 1000 })
      await driver.advanceWallClock(350)
      return driver.output('out', TEXT).readValues()
    }

    assert.deepEqual(await run({}), ['v', '1000'])
    assert.deepEqual(await run(IDLE), ['v', '1000', '1250'])
    assert.deepEqual(await run({ watermark: { idle: 300 } }), ['v', '1000', '1050'])
  })

  test('is that of each task: partitions do not wait for each other', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { ...TEXT, ...IDLE })
      .process(clockwork, TEXT)
      .to('out')
    const driver = await TopologyTestDriver.create(builder.build(), { partitions: 2 })
    const input = driver.input('in', TEXT)
    await input.pipe('k', 'a', { timestampMs: 1000, partition: 0 })
    await driver.advanceWallClock(50)
    await input.pipe('k', 'b', { timestampMs: 5000, partition: 1 })
    await driver.advanceWallClock(60)

    const out = driver.output('out', TEXT).readValues()
    assert.deepEqual(out, ['a', '1000', 'b', '5000', '1010'])
  })
})

test('an idle input does not hold its task back, however long maxTaskIdle is', async () => {
  const builder = new StreamsBuilder()
  const left = builder.stream('left', { ...TEXT, ...IDLE })
  left.merge(builder.stream('right', { ...TEXT, ...IDLE })).to('out')
  const driver = await TopologyTestDriver.create(builder.build(), { maxTaskIdle: '1 hour' })
  await driver.input('left', TEXT).pipe('k', 'v')
  const output = driver.output('out', TEXT)
  await driver.advanceWallClock(99)
  assert.deepEqual(output.readValues(), [])
  await driver.advanceWallClock(1)
  assert.deepEqual(output.readValues(), ['v'])
})

test('the sources of one topic must say the same watermark', () => {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).to('a')
  builder.stream('in', { ...TEXT, ...IDLE }).to('b')

  assert.throws(() => builder.build(), { code: 'MR_TOPOLOGY', message: /another watermark/ })
})

test('an idleness of 0 is refused', () => {
  const builder = new StreamsBuilder()
  assert.throws(() => builder.stream('in', { ...TEXT, watermark: { idle: 0 } }), TypeError)
})

describe('an operator is told of the time', () => {
  test('less what operators above it may hold back', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { ...TEXT, ...IDLE })
      .process(holding(30), TEXT)
      .process(judging, TEXT)
      .to('out')
    const driver = await TopologyTestDriver.create(builder.build())
    await driver.input('in', TEXT).pipe('k', 'v', { timestampMs: 1000 })
    await driver.advanceWallClock(129)
    await driver.advanceWallClock(1)
    await driver.advanceWallClock(20)

    const out = driver.output('out', TEXT).readValues()
    assert.deepEqual(out, ['999', 'v in time', '1000', '1020'])
  })

  test('before the next record after an abort or a restart', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { ...TEXT, ...IDLE })
      .process(judging, TEXT)
      .to('out')
    const driver = await TopologyTestDriver.create(builder.build())
    const input = driver.input('in', TEXT)
    const output = driver.output('out', TEXT)
    await input.pipe('k', 'v', { timestampMs: 1000 })
    await driver.advanceWallClock(150)
    assert.deepEqual(output.readValues(), ['v in time', '1050'])

    for (const disturb of [() => driver.abort(), () => driver.restart()]) {
      await disturb()
      await input.pipe('k', 'v', { timestampMs: 1001 })
      assert.deepEqual(output.readValues(), ['1050', 'v late'])
    }
  })

  test('as a unit: what fails is dropped by itself when the handler goes on', async () => {
    const failing: TextProcessor = () => ({
      process: (record, context) => context.forward(record),
      async advanceTime(timeMs, context) {
        await context.forward(new StreamRecord('half', 'done', timeMs))
        throw new RangeError('boom')
      },
    })
    const builder = new StreamsBuilder()
    builder
      .stream('in', { ...TEXT, ...IDLE })
      .process(failing, TEXT)
      .process(judging, TEXT)
      .to('out')
    const driver = await TopologyTestDriver.create(builder.build(), {
      processingExceptionHandler: 'continue',
    })
    await driver.input('in', TEXT).pipe('k', 'v', { timestampMs: 1000 })
    await driver.advanceWallClock(150)

    assert.deepEqual(driver.output('out', TEXT).readValues(), ['v in time', '1050'])
    assert.deepEqual(driver.metrics.dropped, { processing: 1 })
  })
})

describe('behind a repartition topic', () => {
  interface Bed {
    readonly driver: TopologyTestDriver
    readonly pipe: (timestampMs: number) => Promise<void>
    readonly read: () => readonly (string | null)[]
  }

  const bed = async (
    options: TestDriverOptions & { readonly idle?: object } = {},
  ): Promise<Bed> => {
    const { idle = IDLE, ...driverOptions } = options
    const builder = new StreamsBuilder()
    builder
      .stream('in', { ...TEXT, ...idle })
      .process(holding(30), TEXT)
      .repartition({ name: 'there' })
      .process(judging, TEXT)
      .to('out')
    const driver = await TopologyTestDriver.create(builder.build(), driverOptions)
    const input = driver.input('in', TEXT)
    const output = driver.output('out', TEXT)
    return {
      driver,
      pipe: (timestampMs) => input.pipe('k', `r${timestampMs}`, { timestampMs }),
      read: () => output.readValues(),
    }
  }

  test('time goes on no further than what upstream has held back and sent', async () => {
    const { driver, pipe, read } = await bed()
    await pipe(1000)
    await driver.advanceWallClock(130)
    assert.deepEqual(read(), ['r1000 in time'])

    // Quiet itself since 130, so idle from 230. Upstream, which was at 1030, goes on to 1139 and can
    // send nothing before 1109.
    await driver.advanceWallClock(109)
    assert.deepEqual(read(), ['1000', '1009'])
    await driver.advanceWallClock(11)
    assert.deepEqual(read(), ['1020'])
  })

  test('nothing that upstream holds back comes late', async () => {
    for (const singleTask of [false, true]) {
      const { driver, pipe, read } = await bed({ singleTask })
      const values: (string | null)[] = []
      for (let i = 0; i < 40; i++) {
        if (i % 7 === 0) await pipe(1000 + driver.nowMs)
        await driver.advanceWallClock(i % 11 === 3 ? 160 : 9)
        values.push(...read())
      }
      for (let i = 0; i < 10; i++) await driver.advanceWallClock(100)
      values.push(...read())

      const records = values.filter((value) => value?.startsWith('r') === true)
      assert.equal(records.length, 6)
      assert.deepEqual(
        records.filter((value) => value?.endsWith('late')),
        [],
      )
    }
  })

  test('a task upstream that never had a record is not waited for, one that is busy is', async () => {
    const { driver, read } = await bed({ topics: { in: 3 } })
    const input = driver.input('in', TEXT)
    await input.pipe('k', 'r1000', { timestampMs: 1000, partition: 0 })
    await input.pipe('k', 'r1100', { timestampMs: 1100, partition: 0 })
    await driver.advanceWallClock(300)
    await driver.advanceWallClock(150)
    assert.deepEqual(read(), ['r1000 in time', 'r1100 in time', '1150'])

    // Partition 1 has a record now and then, with which its time comes to 500 only.
    for (let i = 0; i < 10; i++) {
      await input.pipe('k', 'old', { timestampMs: 500, partition: 1 })
      await driver.advanceWallClock(90)
    }
    assert.deepEqual(read(), [])
  })

  test('time stands still when a source upstream has no option', async () => {
    const { driver, pipe, read } = await bed({ idle: {} })
    await pipe(1000)
    await pipe(1030)
    await driver.advanceWallClock('1 day')

    assert.deepEqual(read(), ['r1000 in time'])
  })
})
