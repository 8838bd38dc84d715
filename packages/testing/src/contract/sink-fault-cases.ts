import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { SinkStep } from '../sink/memory-sink-faults.ts'
import { chooseSeed, repeatCommand, SeededRandom } from './seeded-random.ts'
import { BATCH, type SinkBed, type SinkProcess } from './sink-bed.ts'
import { isTransactional, type SinkCase } from './sink-case.ts'
import { assertFenced, assertRetry } from './sink-outcomes.ts'
import type { SinkHarness } from './sink-under-test.ts'

const STEPS: readonly SinkStep[] = ['before-write', 'before-commit', 'after-commit']

/** Longer than a write takes on loopback, so that a kill may come before, in and after it. */
const LONGEST_LIFE_MS = 40
const LIVES = 25

function hasStep(step: SinkStep): (harness: SinkHarness<unknown, unknown>) => boolean {
  return ({ steps = [] }) => steps.includes(step)
}

function isCutAt(step: SinkStep): (bed: SinkBed) => Promise<void> {
  return async (bed) => {
    const { process, ...claimed } = await bed.startWriter()
    await bed.write(claimed, bed.batch(0))
    const cut = await bed.interrupt(process, step, 'cut')
    const error = await bed.soon('the write', bed.startWrite(claimed, bed.batch(1)).outcome)
    // A sink may try again by itself, and find out what became of the first attempt.
    if (error !== undefined) assertRetry(error)
    await cut.reached
    if (error !== undefined && bed.isTransactional) {
      await bed.assertHolds(bed.batch(0), ...(step === 'after-commit' ? [bed.batch(1)] : []))
    }
    await bed.write(claimed, bed.batch(1), bed.batch(2))
    await bed.assertHolds(bed.batch(0), bed.batch(1), bed.batch(2))
    assert.equal((await bed.startWriter()).position, 30)
  }
}

function isKilledAt(step: SinkStep): (bed: SinkBed) => Promise<void> {
  return async (bed) => {
    const { process, ...claimed } = await bed.startWriter()
    await bed.write(claimed, bed.batch(0))
    const stall = await bed.interrupt(process, step, 'stall')
    bed.startWrite(claimed, bed.batch(1))
    await bed.soon('the stall', stall.reached)
    await bed.kill(process)
    stall.resume()
    const successor = await bed.start()
    const next = await bed.soon('the claim after the kill', successor.claim())
    if (bed.isTransactional) assert.equal(next.position, step === 'after-commit' ? 20 : 10)
    await bed.resume(next, bed.batch(0), bed.batch(1), bed.batch(2))
    await bed.assertHolds(bed.batch(0), bed.batch(1), bed.batch(2))
  }
}

/** Kills at moments that chance decides; the target must be right after each. */
async function isKilledAnytime(bed: SinkBed): Promise<void> {
  const seed = chooseSeed()
  try {
    await killAgainAndAgain(bed, new SeededRandom(seed))
  } catch (error) {
    throw new Error(`seed ${seed}, again: ${repeatCommand(seed)}`, { cause: error })
  }
}

async function killAgainAndAgain(bed: SinkBed, random: SeededRandom): Promise<void> {
  const batches = Array.from({ length: LIVES * 4 }, (_, number) => bed.batch(number))
  let end = 0
  for (let life = 0; life < LIVES; life++) {
    const process = await bed.start()
    const claimed = await process.claim()
    assert.ok(claimed.position >= end, 'the position went back')
    end = claimed.position
    const killed = delay(random.below(LONGEST_LIFE_MS)).then(() => bed.kill(process))
    await Promise.race([killed, writeUntilKilled(bed, claimed, batches.slice(end / BATCH))])
    await killed
  }
  await bed.resume(await bed.startWriter(), ...batches)
  await bed.assertHolds(...batches)
}

async function writeUntilKilled(
  bed: SinkBed,
  claimed: Awaited<ReturnType<SinkProcess['claim']>>,
  batches: readonly ReturnType<SinkBed['batch']>[],
): Promise<void> {
  for (const batch of batches) {
    const error = await bed.startWrite(claimed, batch).outcome
    if (error !== undefined) return
  }
}

/** The writer does not know what became of its batch, and another has taken over in the meantime. */
async function isOvertakenWithAnUnknownOutcome(bed: SinkBed): Promise<void> {
  const { process, ...claimed } = await bed.startWriter()
  const cut = await bed.interrupt(process, 'after-commit', 'cut')
  const first = await bed.startWrite(claimed, bed.batch(0)).outcome
  await cut.reached
  const successor = await bed.startWriter()
  assert.equal(successor.position, 10)
  await bed.write(successor, bed.batch(1))
  if (first !== undefined) {
    assertRetry(first)
    assertFenced(await bed.startWrite(claimed, bed.batch(0)).outcome)
  }
  await bed.assertHolds(bed.batch(0), bed.batch(1))
}

async function isDownAtAWrite(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  await bed.write(claimed, bed.batch(0))
  await bed.stopTarget()
  for (let attempt = 0; attempt < 2; attempt++) {
    assertRetry(await bed.soon('the write', bed.startWrite(claimed, bed.batch(1)).outcome))
  }
  await bed.startTarget()
  await bed.write(claimed, bed.batch(1), bed.batch(2))
  await bed.assertHolds(bed.batch(0), bed.batch(1), bed.batch(2))
}

/** Opening may succeed without the target, where nothing is connected before it is needed; writing cannot. */
async function isDownAtTheStart(bed: SinkBed): Promise<void> {
  await bed.stopTarget()
  const process = await bed.create()
  const opened = await bed.soon('the opening', errorOf(process.open()))
  if (opened !== undefined) assertRetry(opened)
  await bed.startTarget()
  if (opened !== undefined) await bed.persist(() => process.open())
  await bed.write(await process.claim(), bed.batch(0))
  await bed.assertHolds(bed.batch(0))
}

async function isDownAtAClaim(bed: SinkBed): Promise<void> {
  const process = await bed.start()
  const { topic } = bed.names
  const signal = new AbortController().signal
  await bed.stopTarget()
  const claim = { topic, partition: 0, initialOffset: 0, signal }
  const error = await bed.soon('the claim', errorOf(process.sink.claim(claim)))
  if (error !== undefined) assertRetry(error)
  await bed.startTarget()
  await bed.write(await process.claim(), bed.batch(0))
  await bed.assertHolds(bed.batch(0))
}

function givesUpAt(step: SinkStep, how: 'signal' | 'close'): (bed: SinkBed) => Promise<void> {
  return async (bed) => {
    const { process, ...claimed } = await bed.startWriter()
    await bed.write(claimed, bed.batch(0))
    const stall = await bed.interrupt(process, step, 'stall')
    const abort = new AbortController()
    const write = bed.startWrite(claimed, bed.batch(1), { signal: abort.signal })
    await bed.soon('the stall', stall.reached)
    if (how === 'signal') abort.abort()
    else await bed.soon('close', claimed.writer.close())
    const error = await bed.soon('the write that was given up', write.outcome)
    assert.notEqual(error, undefined, 'a write that hangs has been acknowledged')
    stall.resume()
    const next = await bed.startWriter()
    await bed.resume(next, bed.batch(0), bed.batch(1), bed.batch(2))
    await bed.assertHolds(bed.batch(0), bed.batch(1), bed.batch(2))
  }
}

async function isAbortedBefore(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  const signal = AbortSignal.abort()
  const write = bed.startWrite(claimed, bed.batch(0), { signal })
  assert.notEqual(await bed.soon('the write', write.outcome), undefined)
  await bed.resume(await bed.startWriter(), bed.batch(0))
  await bed.assertHolds(bed.batch(0))
}

function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

const canStop = ({ canStop }: SinkHarness<unknown, unknown>): boolean => canStop === true

export const faultCases: readonly SinkCase[] = [
  ...STEPS.flatMap((step): readonly SinkCase[] => [
    {
      title: `a batch whose connection is cut ${step} has its effect once when it is tried again`,
      appliesTo: hasStep(step),
      run: isCutAt(step),
    },
    {
      title: `a writer that is killed ${step} leaves its successor the position of what it wrote`,
      appliesTo: hasStep(step),
      run: isKilledAt(step),
    },
    {
      title: `a write that hangs ${step} ends soon when its signal aborts`,
      appliesTo: hasStep(step),
      run: givesUpAt(step, 'signal'),
    },
    {
      title: `a write that hangs ${step} ends soon when its writer is closed`,
      appliesTo: hasStep(step),
      run: givesUpAt(step, 'close'),
    },
  ]),
  { title: 'writers that are killed at any time lose and repeat nothing', run: isKilledAnytime },
  {
    title: 'a writer whose outcome is unknown is fenced when another has gone on',
    appliesTo: (harness) => isTransactional(harness) && hasStep('after-commit')(harness),
    run: isOvertakenWithAnUnknownOutcome,
  },
  {
    title: 'a write to a target that is away says soon that it may be tried again',
    appliesTo: canStop,
    run: isDownAtAWrite,
  },
  {
    title: 'a sink opens again after its target was away',
    appliesTo: canStop,
    run: isDownAtTheStart,
  },
  {
    title: 'a claim of a target that is away says soon that it may be tried again',
    appliesTo: canStop,
    run: isDownAtAClaim,
  },
  { title: 'a write whose signal has aborted already is not acknowledged', run: isAbortedBefore },
]
