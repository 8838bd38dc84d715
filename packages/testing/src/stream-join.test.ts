import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinWindows, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import type { TestDriverOptions } from './driver/driver-options.ts'
import { TEXT } from './processor-bed.testkit.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const within = joinWindows(10, { grace: 0 })
const both = (left: string, right: string | null): string => `${left}+${right}`

function leftJoin(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('left', TEXT)
    .leftJoin(builder.stream('right', TEXT), both, { within, value: serdes.string })
    .to('out')
  return builder.build()
}

interface Bed {
  readonly driver: TopologyTestDriver
  readonly left: (
    key: string,
    value: string,
    timestampMs: number,
  ) => Promise<readonly (string | null)[]>
}

async function open(options: TestDriverOptions = {}): Promise<Bed> {
  const driver = await TopologyTestDriver.create(leftJoin(), options)
  const input = driver.input('left', TEXT)
  const output = driver.output('out', TEXT)
  return {
    driver,
    left: async (key, value, timestampMs) => {
      await input.pipe(key, value, { timestampMs })
      return output.readValues()
    },
  }
}

test('a join of topics with different partition counts does not start', async () => {
  await assert.rejects(
    TopologyTestDriver.create(leftJoin(), { topics: { left: 2, right: 3 } }),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'MR_TOPOLOGY')
      assert.match(error.message, /left has 2, right has 3/)
      return true
    },
  )
  await (await open({ topics: { left: 2, right: 2 } })).driver.close()
})

test('records that stay alone are looked for at most once in the emit interval of the clock', async () => {
  const { driver, left } = await open({ emitInterval: '1 second' })
  // The first look, which finds nothing.
  assert.deepEqual(await left('a', '1', 100), [])
  await driver.advanceWallClock(999)
  assert.deepEqual(await left('b', '2', 200), [])
  await driver.advanceWallClock(1)
  assert.deepEqual(await left('c', '3', 300), ['1+null', '2+null'])
  assert.deepEqual(await left('d', '4', 400), [])
})

test('stream time outlives a restart, also that of records that are in no store', async () => {
  const { driver, left } = await open()
  await driver.input('right', TEXT).pipe('z', 'x', { timestampMs: 500 })
  await driver.input('left', { ...TEXT, key: serdes.nullable(serdes.string) }).pipe(null, '0', {
    timestampMs: 600,
  })
  await driver.restart()
  assert.deepEqual(await left('a', '1', 580), ['0+null', '1+null'])
})

test('a record that is released in an aborted transaction is released again', async () => {
  const { driver, left } = await open({ commit: 'manual' })
  await left('a', '1', 100)
  await driver.commit()
  assert.deepEqual(await left('b', '2', 200), [])
  await driver.abort()
  await driver.commit()
  assert.deepEqual(driver.output('out', TEXT).readValues(), ['1+null'])
})

test('a record that fails takes back what it did to the join, and the next ones see what was there before', async () => {
  const builder = new StreamsBuilder()
  const left = builder.stream('left', TEXT)
  left
    .leftJoin(builder.stream('right', TEXT), both, { within, value: serdes.string })
    .peek((_, value) => {
      if (value.includes('!')) throw new Error('to be dropped')
    })
    .to('out')
  const driver = await TopologyTestDriver.create(builder.build(), {
    processingExceptionHandler: 'continue',
  })
  const [lefts, rights] = [driver.input('left', TEXT), driver.input('right', TEXT)]
  await lefts.pipe('a', '1', { timestampMs: 100 })
  await rights.pipe('a', '!', { timestampMs: 105 })
  await rights.pipe('b', '!', { timestampMs: 100 })
  await lefts.pipe('b', '2', { timestampMs: 200 })
  await lefts.pipe('a', '3', { timestampMs: 106 })
  assert.deepEqual(driver.output('out', TEXT).readValues(), ['1+null', '3+null'])
})

test('records that stay alone are released while all inputs are idle, if both sources say so', async () => {
  const watermark = { idle: '100 ms' } as const
  const run = async (right: object): Promise<readonly string[]> => {
    const builder = new StreamsBuilder()
    const left = builder.stream('left', { ...TEXT, watermark })
    left
      .outerJoin(builder.stream('right', { ...TEXT, ...right }), both as never, {
        within: joinWindows({ before: 50, after: 10 }, { grace: 5 }),
        value: serdes.string,
      })
      .to('out')
    const driver = await TopologyTestDriver.create(builder.build())
    await driver.input('left', TEXT).pipe('a', '1', { timestampMs: 1000 })
    await driver.input('right', TEXT).pipe('b', 'x', { timestampMs: 1000 })
    const output = driver.output('out', TEXT)
    const seen: string[] = []
    for (const ms of [100, 15, 1, 39, 1, 1000]) {
      await driver.advanceWallClock(ms)
      seen.push(output.readValues().join())
    }
    await driver.close()
    return seen
  }
  assert.deepEqual(await run({ watermark }), ['', '', '1+null', '', 'null+x', ''])
  assert.deepEqual(await run({}), ['', '', '', '', '', ''])
})
