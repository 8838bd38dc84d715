import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Cancellable,
  logAndSkipOnInvalidTimestamp,
  type PunctuationType,
  StreamRecord,
  StreamsBuilder,
  usePartitionTimeOnInvalidTimestamp,
  wallclockTimestamp,
} from '@millrace/core'
import {
  type ProcessorBed,
  processorBed,
  TEXT,
  type TextProcessor,
} from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

/** Forwards the task's stream time as the value. */
const streamTime: TextProcessor = () => ({
  process: (record, context) =>
    context.forward(record.withValue(String(context.currentStreamTimeMs))),
})

/** Forwards the times at which it was punctuated, and nothing else. */
function punctuated(interval: number, type: PunctuationType): TextProcessor {
  return () => ({
    init(context) {
      context.schedule(interval, type, (nowMs) =>
        context.forward(new StreamRecord('punctuated', String(nowMs), nowMs)),
      )
    },
    process: () => undefined,
  })
}

async function pipeAt({ input }: ProcessorBed, ...times: readonly number[]): Promise<void> {
  for (const timestampMs of times) await input.pipe('k', 'v', { timestampMs })
}

test('stream time is the highest timestamp taken, and never goes back', async () => {
  const bed = await processorBed([streamTime])
  await pipeAt(bed, 30, 10, 40)

  assert.deepEqual(bed.output.readValues(), ['30', '30', '40'])
})

test('stream time is known to init as -1, and counts records of every input of the task', async () => {
  const builder = new StreamsBuilder()
  const times: number[] = []
  const watching: TextProcessor = () => ({
    init(context) {
      times.push(context.currentStreamTimeMs)
    },
    process(_record, context) {
      times.push(context.currentStreamTimeMs)
    },
  })
  const left = builder.stream('left', TEXT)
  left.merge(builder.stream('right', TEXT)).to('both')
  left.process(watching)
  const driver = await TopologyTestDriver.create(builder.build())
  await driver.input('left', TEXT).pipe('k', 'v', { timestampMs: 5 })
  await driver.input('right', TEXT).pipe('k', 'v', { timestampMs: 25 })
  await driver.input('left', TEXT).pipe('k', 'v', { timestampMs: 7 })

  assert.deepEqual(times, [-1, 5, 25])
})

test('sub-topologies have a stream time each, or one for all when singleTask is set', async () => {
  const builder = new StreamsBuilder()
  builder.stream('a', TEXT).process(streamTime, TEXT).to('times')
  builder.stream('b', TEXT).to('copy')
  const timesWith = async (singleTask: boolean): Promise<readonly (string | null)[]> => {
    const driver = await TopologyTestDriver.create(builder.build(), { singleTask })
    await driver.input('b', TEXT).pipe('k', 'v', { timestampMs: 100 })
    await driver.input('a', TEXT).pipe('k', 'v', { timestampMs: 1 })
    return driver.output('times', TEXT).readValues()
  }

  assert.deepEqual(await timesWith(false), ['1'])
  assert.deepEqual(await timesWith(true), ['100'])
})

describe('a record without a valid timestamp', () => {
  test('stops the app by default', async () => {
    const bed = await processorBed([streamTime])

    await assert.rejects(pipeAt(bed, -1), {
      code: 'MR_TIMESTAMP',
      at: { operator: 'source', topic: 'in', partition: 0, offset: 0 },
    })
  })

  test('is dropped and counted by logAndSkip, and moves neither stream time nor output', async () => {
    const bed = await processorBed([streamTime], {
      timestampExtractor: logAndSkipOnInvalidTimestamp,
    })
    await pipeAt(bed, 10, -1, 5)

    assert.deepEqual(bed.output.readValues(), ['10', '10'])
    assert.deepEqual(bed.driver.metrics.dropped, { 'invalid-timestamp': 1 })
    assert.deepEqual(bed.driver.committedOffsets, [{ topic: 'in', partition: 0, offset: 3 }])
  })

  test('takes the highest time of its partition with usePartitionTime, also after a restart', async () => {
    const bed = await processorBed([], {
      timestampExtractor: usePartitionTimeOnInvalidTimestamp,
    })
    await assert.rejects(pipeAt(bed, -1), { code: 'MR_TIMESTAMP' })

    const other = await processorBed([], {
      timestampExtractor: usePartitionTimeOnInvalidTimestamp,
    })
    await pipeAt(other, 20, 10, -1)
    await other.driver.restart()
    await pipeAt(other, -1)

    const times = other.output.readRecords().map(({ timestampMs }) => timestampMs)
    assert.deepEqual(times, [20, 10, 20, 20])
  })

  test("takes the clock's time with wallclockTimestamp", async () => {
    const bed = await processorBed([], { timestampExtractor: wallclockTimestamp(() => 77) })
    await pipeAt(bed, -1)

    assert.equal(bed.output.readRecord().timestampMs, 77)
  })
})

describe('stream-time punctuation', () => {
  const type = 'stream-time'

  test('fires first when stream time is known, then at multiples of the interval', async () => {
    const bed = await processorBed([punctuated(10, type)])
    await pipeAt(bed, 3, 9, 10, 12, 20)

    assert.deepEqual(bed.output.readValues(), ['3', '10', '20'])
  })

  test('fires once for many missed intervals, and stays aligned to 0', async () => {
    const bed = await processorBed([punctuated(10, type)])
    await pipeAt(bed, 0, 47, 49, 50)

    assert.deepEqual(bed.output.readValues(), ['0', '47', '50'])
  })

  test('does not fire when stream time does not advance, nor with the clock', async () => {
    const bed = await processorBed([punctuated(10, type)])
    await pipeAt(bed, 35, 20, 35)
    await bed.driver.advanceWallClock('1 hour')

    assert.deepEqual(bed.output.readValues(), ['35'])
  })

  test('sees the record that advanced stream time as processed', async () => {
    const counting: TextProcessor = () => {
      let seen = 0
      return {
        init(context) {
          context.schedule(10, type, (nowMs) =>
            context.forward(new StreamRecord('seen', String(seen), nowMs)),
          )
        },
        process() {
          seen++
        },
      }
    }
    const bed = await processorBed([counting])
    await pipeAt(bed, 1, 10)

    assert.deepEqual(bed.output.readValues(), ['1', '2'])
  })
})

describe('wall-clock punctuation', () => {
  const type = 'wall-clock-time'

  test('fires first after one interval, also without records', async () => {
    const { driver, output } = await processorBed([punctuated(10, type)], { startTimeMs: 1000 })
    await driver.advanceWallClock(9)
    assert.ok(output.isEmpty)
    await driver.advanceWallClock(1)
    assert.deepEqual(output.readValues(), ['1010'])
  })

  test('fires once for a long step, then at the next multiple', async () => {
    const { driver, output } = await processorBed([punctuated(10, type)])
    for (const ms of [35, 4, 1]) await driver.advanceWallClock(ms)

    assert.deepEqual(output.readValues(), ['35', '40'])
  })

  test('does not fire with stream time', async () => {
    const bed = await processorBed([punctuated(10, type)])
    await pipeAt(bed, 1000)

    assert.ok(bed.output.isEmpty)
  })
})

test('a punctuation that is cancelled fires no more, also when it cancels itself', async () => {
  const fired: string[] = []
  const cancelling: TextProcessor = () => {
    let other: Cancellable | undefined
    return {
      init(context) {
        const own = context.schedule(10, 'wall-clock-time', () => {
          fired.push('own')
          own.cancel()
        })
        other = context.schedule(10, 'wall-clock-time', () => {
          fired.push('other')
        })
      },
      process() {
        other?.cancel()
      },
    }
  }
  const { driver, input } = await processorBed([cancelling])
  await driver.advanceWallClock(10)
  await driver.advanceWallClock(10)
  await input.pipe('k', 'v')
  await driver.advanceWallClock(10)

  assert.deepEqual(fired, ['own', 'other', 'other'])
})

test('an interval of 0 is refused', async () => {
  await assert.rejects(processorBed([punctuated(0, 'stream-time')]), (error: Error) => {
    const cause = error.cause as Error // what schedule() throws
    assert.equal(cause.message, 'the interval of a punctuation must be > 0')
    return true
  })
})

test('record metadata is that of the source record, and absent in punctuators', async () => {
  const seen: unknown[] = []
  const watching: TextProcessor = () => ({
    init(context) {
      seen.push(context.recordMetadata)
      context.schedule(1, 'wall-clock-time', () => {
        seen.push(context.recordMetadata)
      })
    },
    process(_record, context) {
      const { topic = '', partition = -1, offset = -1 } = context.recordMetadata ?? {}
      seen.push({ topic, partition, offset })
    },
  })
  const { driver, input } = await processorBed([watching])
  await input.pipe('k', 'v')
  await input.pipe('k', 'v')
  await driver.advanceWallClock(1)

  assert.deepEqual(seen, [
    undefined,
    { topic: 'in', partition: 0, offset: 0 },
    { topic: 'in', partition: 0, offset: 1 },
    undefined,
  ])
})
