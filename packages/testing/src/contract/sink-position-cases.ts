import assert from 'node:assert/strict'
import { isTransactional, type SinkCase } from './sink-case.ts'
import type { SinkBed } from './sink-bed.ts'
import { assertFenced } from './sink-outcomes.ts'

/** A position is kept exactly, up to where numbers are exact. */
const LARGE_OFFSET = 2 ** 52

async function beginsAtTheInitialOffset(bed: SinkBed): Promise<void> {
  bed.beginAt(40)
  const { writer, position, process } = await bed.startWriter()
  assert.ok(writer.position === undefined || writer.position === 40)
  assert.equal(position, 40)
  await bed.write(await process.claim(), bed.batch(4))
  await bed.assertHolds(bed.batch(4))
}

async function resumesAfterAClose(bed: SinkBed): Promise<void> {
  const first = await bed.startWriter()
  await bed.write(first, bed.batch(0), bed.batch(1))
  await first.writer.close()
  await first.process.sink.close()
  const second = await bed.startWriter()
  assert.equal(second.position, 20)
  await bed.write(second, bed.batch(2))
  await bed.assertHolds(bed.batch(0), bed.batch(1), bed.batch(2))
}

async function positionCountsMore(bed: SinkBed): Promise<void> {
  await bed.write(await bed.startWriter(), bed.batch(0), bed.batch(1))
  // A group whose offsets were reset, or never committed.
  for (const offset of [0, 10, 500]) {
    const process = await bed.start()
    const { topic } = bed.names
    const signal = new AbortController().signal
    const writer = await process.sink.claim({ topic, partition: 0, initialOffset: offset, signal })
    assert.equal(writer.position, 20)
  }
  await bed.assertHolds(bed.batch(0), bed.batch(1))
}

async function isDurableWhenWritten(bed: SinkBed): Promise<void> {
  const { process, ...claimed } = await bed.startWriter()
  await bed.assertHolds()
  const written = []
  for (let number = 0; number < 5; number++) {
    const batch = bed.batch(number)
    await bed.write(claimed, batch)
    written.push(batch)
    await bed.assertHolds(...written)
  }
  await bed.kill(process)
  await bed.assertHolds(...written)
}

async function positionsLieBetweenRecords(bed: SinkBed): Promise<void> {
  // Records that operators dropped, and markers: before, between and after those that are there.
  const zero = bed.batch(0, { offsets: [3, 4, 7] })
  const one = bed.batch(1, { offsets: [15] })
  const two = bed.batch(2, { offsets: [20, 29] })
  await bed.write(await bed.startWriter(), zero)
  const second = await bed.startWriter()
  assert.equal(second.position, 10)
  await bed.write(second, one, two)
  const third = await bed.startWriter()
  assert.equal(third.position, 30)
  // Nothing between 30 and 40 was for this sink.
  const last = bed.batchOf(30, 50, { offsets: [48] })
  await bed.write(third, last)
  assert.equal((await bed.startWriter()).position, 50)
  await bed.assertHolds(zero, one, two, last)
}

async function keepsLargeOffsets(bed: SinkBed): Promise<void> {
  const from = Math.floor(LARGE_OFFSET / 10) * 10
  bed.beginAt(from)
  const batch = bed.batchOf(from, from + 10)
  await bed.write(await bed.startWriter(), batch)
  assert.equal((await bed.startWriter()).position, from + 10)
  await bed.assertHolds(batch)
}

async function takesAReplayOnce(bed: SinkBed): Promise<void> {
  const batches = [bed.batch(0), bed.batch(1), bed.batch(2)]
  await bed.write(await bed.startWriter(), ...batches)
  // The new process has an older offset than the target, and does not look at the position.
  const second = await bed.startWriter()
  for (const batch of batches) {
    const error = await bed.startWrite(second, batch).outcome
    if (error !== undefined) assertFenced(error)
    if (error !== undefined) break
  }
  await bed.assertHolds(...batches)
}

async function takesTheSameBatchTwice(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  await bed.write(claimed, bed.batch(0))
  const error = await bed.startWrite(claimed, bed.batch(0)).outcome
  if (error !== undefined) assertFenced(error)
  await bed.assertHolds(bed.batch(0))
}

async function refusesAGap(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  await bed.write(claimed, bed.batch(0))
  assertFenced(await bed.startWrite(claimed, bed.batch(2)).outcome)
  await bed.assertHolds(bed.batch(0))
  assert.equal((await bed.startWriter()).writer.position, 10)
}

async function refusesAnOverlap(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  await bed.write(claimed, bed.batch(0), bed.batch(1))
  // Its records begin where the position is, and itself before.
  const overlapping = bed.batchOf(10, 30, { offsets: [20, 21, 22] })
  assertFenced(await bed.startWrite(claimed, overlapping).outcome)
  await bed.assertHolds(bed.batch(0), bed.batch(1))
  assert.equal((await bed.startWriter()).writer.position, 20)
}

async function takesOtherCuts(bed: SinkBed): Promise<void> {
  await bed.write(await bed.startWriter(), bed.batchOf(0, 7), bed.batchOf(7, 12))
  const second = await bed.startWriter()
  assert.equal(second.position, 12)
  const rest = [bed.batchOf(12, 13), bed.batchOf(13, 40), bed.batchOf(40, 45)]
  await bed.write(second, ...rest)
  await bed.assertHolds(bed.batchOf(0, 12), ...rest)
}

async function takesOtherCutsAgain(bed: SinkBed): Promise<void> {
  await bed.write(await bed.startWriter(), bed.batchOf(0, 7), bed.batchOf(7, 20))
  // The offsets of the group are behind what was written, and the cuts are others this time.
  const second = await bed.startWriter()
  await bed.write(second, bed.batchOf(3, 9), bed.batchOf(9, 30))
  await bed.assertHolds(bed.batchOf(0, 30))
}

async function keepsIdsApart(bed: SinkBed): Promise<void> {
  await bed.write(await bed.startWriter(), bed.batch(0))
  const other = await bed.create()
  await bed.persist(() => other.open(`${bed.names.sinkId}-other`))
  const signal = new AbortController().signal
  const claim = { topic: bed.names.topic, partition: 0, initialOffset: 70, signal }
  // A target may hold none before the first batch: the initial offset counts then.
  assert.equal((await other.sink.claim(claim)).position ?? 70, 70)
  assert.equal((await bed.startWriter()).position, 10)
}

async function tellsIndexesApart(bed: SinkBed): Promise<void> {
  const batches = [bed.batch(0, { indexes: 3 }), bed.batch(1, { indexes: 2 })]
  await bed.write(await bed.startWriter(), ...batches)
  await bed.assertHolds(...batches)
}

export const positionCases: readonly SinkCase[] = [
  {
    title: 'a partition that the target has never seen begins at the initial offset',
    run: beginsAtTheInitialOffset,
  },
  { title: 'a new process goes on where a closed one ended', run: resumesAfterAClose },
  {
    title: 'the position of the target counts, whatever the initial offset says',
    appliesTo: isTransactional,
    run: positionCountsMore,
  },
  { title: 'a batch is in the target when its write resolves', run: isDurableWhenWritten },
  {
    title: 'positions lie between records: gaps before, in and after a batch',
    run: positionsLieBetweenRecords,
  },
  { title: 'offsets above 2^32 are kept exactly', run: keepsLargeOffsets },
  { title: 'what a new writer writes again has its effect once', run: takesAReplayOnce },
  { title: 'what the same writer writes again has its effect once', run: takesTheSameBatchTwice },
  {
    title: 'a batch that begins after the position is refused, and nothing of it written',
    appliesTo: isTransactional,
    run: refusesAGap,
  },
  {
    title: 'a batch that begins before the position is refused, wherever its records begin',
    appliesTo: isTransactional,
    run: refusesAnOverlap,
  },
  {
    title: 'batches may be cut anywhere',
    appliesTo: ({ capabilities }) => capabilities.alignedBatches !== true,
    run: takesOtherCuts,
  },
  {
    title: 'records that come again in other batches have their effect once',
    appliesTo: ({ capabilities }) =>
      capabilities.alignedBatches !== true && capabilities.tier !== 'transactional',
    run: takesOtherCutsAgain,
  },
  {
    title: 'sinks of other ids have positions of their own',
    appliesTo: isTransactional,
    run: keepsIdsApart,
  },
  { title: 'records of one offset are told apart by their index', run: tellsIndexesApart },
]
