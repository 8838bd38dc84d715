import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { SinkStep } from '../sink/memory-sink-faults.ts'
import type { SinkBed } from './sink-bed.ts'
import { isTransactional, type SinkCase } from './sink-case.ts'
import { assertFenced, assertMillraceError } from './sink-outcomes.ts'
import type { SinkHarness } from './sink-under-test.ts'

const STEPS: readonly SinkStep[] = ['before-write', 'before-commit', 'after-commit']

/** A claim that does not wait for anybody is through by then. */
const CLAIM_MS = 300

async function fencesAZombie(bed: SinkBed): Promise<void> {
  const zombie = await bed.startWriter()
  await bed.write(zombie, bed.batch(0))
  const successor = await bed.startWriter()
  assert.equal(successor.position, 10)
  for (let attempt = 0; attempt < 2; attempt++) {
    assertFenced(await bed.startWrite(zombie, bed.batch(1)).outcome)
    await bed.assertHolds(bed.batch(0))
  }
  await bed.write(successor, bed.batch(1))
  assertFenced(await bed.startWrite(zombie, bed.batch(2)).outcome)
  await bed.write(successor, bed.batch(2))
  await bed.assertHolds(bed.batch(0), bed.batch(1), bed.batch(2))
}

/** The claim has happened, and the successor has written nothing: the position is the zombie's still. */
async function fencesInTheSameProcess(bed: SinkBed): Promise<void> {
  const process = await bed.start()
  const zombie = await process.claim()
  await bed.write(zombie, bed.batch(0))
  // The partition went away and came back before the old writer was closed.
  const successor = await process.claim()
  assertFenced(await bed.startWrite(zombie, bed.batch(1)).outcome)
  await bed.write(successor, bed.batch(1))
  await bed.assertHolds(bed.batch(0), bed.batch(1))
}

function stallsAt(step: SinkStep): (bed: SinkBed) => Promise<void> {
  return async (bed) => {
    const { process, ...zombie } = await bed.startWriter()
    await bed.write(zombie, bed.batch(0))
    const stall = await bed.interrupt(process, step, 'stall')
    const write = bed.startWrite(zombie, bed.batch(1))
    await bed.soon('the stall', stall.reached)
    // Waits for the zombie's transaction, or ends it: whichever, what it says about the position holds.
    const claiming = bed.start().then((successor) => successor.claim())
    await Promise.race([claiming, delay(CLAIM_MS)])
    stall.resume()
    const successor = await bed.soon('the claim', claiming)
    const error = await bed.soon("the zombie's write", write.outcome)
    if (error === undefined) assert.equal(successor.position, 20)
    else assertMillraceError(error)
    const isWritten = successor.position === 20
    await bed.assertHolds(bed.batch(0), ...(isWritten ? [bed.batch(1)] : []))
    await bed.resume(successor, bed.batch(0), bed.batch(1), bed.batch(2))
    // The zombie tries again what it was told may be tried again.
    if (error !== undefined && !MillraceError.is(error, 'MR_SINK_FENCED')) {
      assertFenced(await bed.startWrite(zombie, bed.batch(1)).outcome)
    }
    assertFenced(await bed.startWrite(zombie, bed.batch(3)).outcome)
    await bed.assertHolds(bed.batch(0), bed.batch(1), bed.batch(2))
  }
}

async function givesAClaimUp(bed: SinkBed): Promise<void> {
  const { process, ...zombie } = await bed.startWriter()
  const stall = await bed.interrupt(process, 'before-commit', 'stall')
  const write = bed.startWrite(zombie, bed.batch(0))
  await bed.soon('the stall', stall.reached)
  const successor = await bed.start()
  const abort = new AbortController()
  const { topic } = bed.names
  const claim = { topic, partition: 0, initialOffset: 0, signal: abort.signal }
  const claiming = successor.sink.claim(claim).then(
    () => undefined,
    (error: unknown) => error,
  )
  await Promise.race([claiming, delay(CLAIM_MS)])
  abort.abort()
  await bed.soon('the claim that was given up', claiming)
  stall.resume()
  await bed.soon("the zombie's write", write.outcome)
  const next = await bed.startWriter()
  await bed.resume(next, bed.batch(0), bed.batch(1))
  await bed.assertHolds(bed.batch(0), bed.batch(1))
}

async function fencesOnePartitionAlone(bed: SinkBed): Promise<void> {
  const process = await bed.start()
  const [lost, kept] = [await process.claim(0), await process.claim(1)]
  await bed.write(lost, bed.batch(0))
  const other = await bed.start()
  const taken = await other.claim(0)
  assertFenced(await bed.startWrite(lost, bed.batch(1)).outcome)
  await bed.write(kept, bed.batch(0, { partition: 1 }), bed.batch(1, { partition: 1 }))
  await bed.write(taken, bed.batch(1))
  await bed.assertHolds(
    ...[0, 1].flatMap((partition) => [bed.batch(0, { partition }), bed.batch(1, { partition })]),
  )
}

async function handsOverAndBack(bed: SinkBed): Promise<void> {
  const processes = [await bed.start(), await bed.start()]
  const batches = Array.from({ length: 6 }, (_, number) => bed.batch(number))
  for (const [number, batch] of batches.entries()) {
    const claimed = await processes[number % 2]?.claim()
    assert.equal(claimed?.position, number * 10)
    await bed.write(claimed, batch)
    if (number % 3 !== 0) await claimed.writer.close()
  }
  await bed.assertHolds(...batches)
}

/** A group that is formed anew, or two applications under one id. */
async function claimsAtTheSameTime(bed: SinkBed): Promise<void> {
  const processes = await Promise.all(Array.from({ length: 4 }, () => bed.start()))
  const claimed = await Promise.all(processes.map((process) => process.claim()))
  assert.deepEqual(
    claimed.map(({ position }) => position),
    [0, 0, 0, 0],
  )
  const outcomes = await Promise.all(
    claimed.map((writer) => bed.startWrite(writer, bed.batch(0)).outcome),
  )
  const written = outcomes.filter((error) => error === undefined)
  for (const error of outcomes) if (error !== undefined) assertMillraceError(error)
  if (bed.isTransactional) assert.ok(written.length <= 1, `${written.length} were acknowledged`)
  await bed.resume(await bed.startWriter(), bed.batch(0), bed.batch(1))
  await bed.assertHolds(bed.batch(0), bed.batch(1))
}

/** What a sink makes for itself in its target is made by whoever comes first. */
async function opensAtTheSameTime(bed: SinkBed): Promise<void> {
  const partitions = [0, 1, 2, 3]
  await Promise.all(
    partitions.map(async (partition) => {
      const claimed = await (await bed.start()).claim(partition)
      await bed.write(claimed, bed.batch(0, { partition }), bed.batch(1, { partition }))
    }),
  )
  await bed.assertHolds(
    ...partitions.flatMap((partition) => [
      bed.batch(0, { partition }),
      bed.batch(1, { partition }),
    ]),
  )
}

async function writesAZombiesAgain(bed: SinkBed): Promise<void> {
  const zombie = await bed.startWriter()
  await bed.write(zombie, bed.batch(0))
  const successor = await bed.startWriter()
  assert.equal(successor.position, 10)
  const late = bed.startWrite(zombie, bed.batch(1))
  await bed.write(successor, bed.batch(1), bed.batch(2))
  await late.outcome
  await bed.assertHolds(bed.batch(0), bed.batch(1), bed.batch(2))
}

function canStall(step: SinkStep): (harness: SinkHarness<unknown, unknown>) => boolean {
  return (harness) => isTransactional(harness) && (harness.steps?.includes(step) ?? false)
}

export const fencingCases: readonly SinkCase[] = [
  {
    title: 'a writer whose successor has claimed is fenced, and writes nothing',
    appliesTo: isTransactional,
    run: fencesAZombie,
  },
  {
    title: 'a second claim of the same process fences the first',
    appliesTo: isTransactional,
    run: fencesInTheSameProcess,
  },
  ...STEPS.map((step) => ({
    title: `a zombie that stalls ${step} while its successor claims repeats and loses nothing`,
    appliesTo: canStall(step),
    run: stallsAt(step),
  })),
  {
    title: 'a claim that waits for a zombie is given up when its signal aborts',
    appliesTo: canStall('before-commit'),
    run: givesAClaimUp,
  },
  {
    title: 'a partition that is lost does not concern the others of its process',
    appliesTo: isTransactional,
    run: fencesOnePartitionAlone,
  },
  { title: 'a partition goes from process to process and back', run: handsOverAndBack },
  {
    title: 'of processes that claim a partition at the same time one may write',
    run: claimsAtTheSameTime,
  },
  {
    title: 'processes that open a target at the same time all write',
    run: opensAtTheSameTime,
  },
  {
    title: 'what a zombie writes late its successor writes as well, with the effect once',
    appliesTo: (harness) => !isTransactional(harness) && harness.keeps !== 'last-per-key',
    run: writesAZombiesAgain,
  },
]
