import assert from 'node:assert/strict'
import type { SinkBed } from './sink-bed.ts'
import type { SinkCase } from './sink-case.ts'
import type { SinkStep } from '../sink/memory-sink-faults.ts'
import { assertRetry } from './sink-outcomes.ts'
import type { SinkHarness } from './sink-under-test.ts'

const STEPS: readonly SinkStep[] = ['before-write', 'before-commit', 'after-commit']

const PARTITIONS = 4
/** More than one statement or request has room for in most targets. */
const LARGE = 5000

async function keepsTheLastOfAKey(bed: SinkBed): Promise<void> {
  const keyOf = (offset: number): string => `key-${offset % 3}`
  const batches = Array.from({ length: 6 }, (_, number) => bed.batch(number, { keyOf }))
  await bed.write(await bed.startWriter(), ...batches)
  await bed.assertHolds(...batches)
}

async function keepsTheLastOfOneOffset(bed: SinkBed): Promise<void> {
  const keyOf = (offset: number): string => `key-${offset % 3}`
  const batch = bed.batch(0, { keyOf, indexes: 3 })
  await bed.write(await bed.startWriter(), batch)
  await bed.assertHolds(batch)
}

async function writesSeveralBatchesAtATime(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  const most = Math.min(8, bed.harness.capabilities.maxBatchesInFlight ?? 1)
  const keyOf = (offset: number): string => `key-${offset % 7}`
  const batches = Array.from({ length: most * 3 }, (_, number) => bed.batch(number, { keyOf }))
  for (let first = 0; first < batches.length; first += most) {
    const together = batches.slice(first, first + most)
    await Promise.all(together.map((batch) => bed.write(claimed, batch)))
  }
  await bed.assertHolds(...batches)
}

/** One of those under way fails; it comes again, and so do those that failed because of it. */
function keepsOrderOverACut(step: SinkStep): (bed: SinkBed) => Promise<void> {
  return async (bed) => {
    const { process, ...claimed } = await bed.startWriter()
    const most = Math.min(4, bed.harness.capabilities.maxBatchesInFlight ?? 1)
    const keyOf = (offset: number): string => `key-${offset % 7}`
    const batches = Array.from({ length: most }, (_, number) => bed.batch(number, { keyOf }))
    const cut = await bed.interrupt(process, step, 'cut')
    const writes = batches.map((batch) => bed.startWrite(claimed, batch).outcome)
    const errors = await bed.soon('the writes', Promise.all(writes))
    await cut.reached
    for (const [number, error] of errors.entries()) {
      if (error === undefined) continue
      assertRetry(error)
      await bed.write(claimed, bed.batch(number, { keyOf }))
    }
    await bed.assertHolds(...batches)
  }
}

async function writesPartitionsAtTheSameTime(bed: SinkBed): Promise<void> {
  const process = await bed.start()
  const places = [bed.names.topic, bed.names.otherTopic].flatMap((topic) =>
    Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })),
  )
  const all = places.map((place) => [0, 1, 2].map((number) => bed.batch(number, place)))
  await Promise.all(
    all.map(async (batches, index) => {
      const { topic, partition } = places[index] ?? assert.fail()
      const claimed = await process.claim(partition, topic)
      assert.equal(claimed.position, 0)
      await bed.write(claimed, ...batches)
    }),
  )
  await bed.assertHolds(...all.flat())
  const successor = await bed.start()
  for (const { topic, partition } of places) {
    assert.equal((await successor.claim(partition, topic)).position, 30)
  }
}

async function writesALargeBatch(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  const batches = [bed.batchOf(0, LARGE), bed.batchOf(LARGE, LARGE + 10)]
  await bed.write(claimed, ...batches)
  await bed.assertHolds(...batches)
  assert.equal((await bed.startWriter()).position, LARGE + 10)
}

async function closesOnce(bed: SinkBed): Promise<void> {
  const { process, ...claimed } = await bed.startWriter()
  await bed.write(claimed, bed.batch(0))
  await claimed.writer.close()
  await claimed.writer.close()
  await process.sink.close()
  await process.sink.close()
  await claimed.writer.close()
  await bed.assertHolds(bed.batch(0))
}

async function closesUnopened(bed: SinkBed): Promise<void> {
  await (await bed.create()).sink.close()
  await (await bed.start()).sink.close()
  await bed.assertHolds()
}

async function closesWithItsWriters(bed: SinkBed): Promise<void> {
  const { process, ...claimed } = await bed.startWriter()
  await bed.write(claimed, bed.batch(0))
  await process.sink.close()
  const write = bed.startWrite(claimed, bed.batch(1))
  assert.notEqual(await bed.soon('the write', write.outcome), undefined)
  await bed.resume(await bed.startWriter(), bed.batch(0), bed.batch(1))
  await bed.assertHolds(bed.batch(0), bed.batch(1))
}

async function writesNothingAfterItsClose(bed: SinkBed): Promise<void> {
  const { process, ...closed } = await bed.startWriter()
  await closed.writer.close()
  const write = bed.startWrite(closed, bed.batch(0))
  assert.notEqual(await bed.soon('the write', write.outcome), undefined)
  await bed.assertHolds()
  await bed.write(await process.claim(), bed.batch(0))
  await bed.assertHolds(bed.batch(0))
}

export const orderCases: readonly SinkCase[] = [
  { title: 'the effects of a key come in the order of offsets', run: keepsTheLastOfAKey },
  {
    title: 'the effects of a key come in the order of indexes, at one offset',
    run: keepsTheLastOfOneOffset,
  },
  {
    title: 'as many batches as it says may be under way at a time',
    run: writesSeveralBatchesAtATime,
  },
  ...STEPS.map((step) => ({
    title: `a batch that is cut ${step} is not overtaken by those under way behind it`,
    appliesTo: ({ capabilities, steps = [] }: SinkHarness<unknown, unknown>) =>
      (capabilities.maxBatchesInFlight ?? 1) > 1 && steps.includes(step),
    run: keepsOrderOverACut(step),
  })),
  {
    title: 'partitions of several topics are written at the same time, each by its own position',
    run: writesPartitionsAtTheSameTime,
  },
  { title: `a batch may have ${LARGE} records`, run: writesALargeBatch },
  { title: 'close is idempotent, of a writer and of a sink', run: closesOnce },
  { title: 'a sink that was never opened or never used closes', run: closesUnopened },
  { title: 'a sink that is closed has closed its writers', run: closesWithItsWriters },
  { title: 'a writer that is closed writes nothing', run: writesNothingAfterItsClose },
]
