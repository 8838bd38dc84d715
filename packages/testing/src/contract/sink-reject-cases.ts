import { MillraceError, type SinkRecord } from '@millrace/core'
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { SinkStep } from '../sink/memory-sink-faults.ts'
import type { SinkBed } from './sink-bed.ts'
import type { SinkCase } from './sink-case.ts'
import { assertCode, assertRetry } from './sink-outcomes.ts'
import type { SinkHarness } from './sink-under-test.ts'

const STEPS: readonly SinkStep[] = ['before-write', 'before-commit', 'after-commit']

/** Long enough for a write that does not wait for its dead letters. */
const A_WHILE_MS = 200

function rejectsAt(poison: readonly number[]): (bed: SinkBed) => Promise<void> {
  return async (bed) => {
    const claimed = await bed.startWriter()
    await bed.write(claimed, bed.batch(0))
    const batch = bed.batch(1, { poison })
    const errors: MillraceError[] = []
    const records: SinkRecord<unknown, unknown>[] = []
    const write = bed.startWrite(claimed, batch, {
      reject: (record, error) => {
        records.push(record)
        errors.push(error)
        return Promise.resolve()
      },
    })
    assert.equal(await write.outcome, undefined)
    assert.deepEqual(offsetsOf(records), poison)
    for (const error of errors) {
      assertCode(error, 'MR_SINK_REJECTED')
      assert.notEqual(error.cause, undefined, 'the cause is what the target said')
    }
    await bed.assertHolds(bed.batch(0), batch)
    assert.equal((await bed.startWriter()).position, 20)
    await bed.write(await bed.startWriter(), bed.batch(2))
    await bed.assertHolds(bed.batch(0), batch, bed.batch(2))
  }
}

async function waitsForDeadLetters(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  let letGo: () => void = () => undefined
  const isWritten = new Promise<void>((resolve) => (letGo = resolve))
  let reached: () => void = () => undefined
  const isRejected = new Promise<void>((resolve) => (reached = resolve))
  let isSettled = false
  const batch = bed.batch(0, { poison: [4] })
  const write = bed.startWrite(claimed, batch, {
    reject: async () => {
      reached()
      await isWritten
    },
  })
  void write.outcome.then(() => (isSettled = true))
  await bed.soon('the rejection', isRejected)
  await delay(A_WHILE_MS)
  assert.equal(isSettled, false, 'a write is acknowledged before its dead letter is written')
  letGo()
  assert.equal(await write.outcome, undefined)
  await bed.assertHolds(batch)
}

async function failsWithItsDeadLetter(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  await bed.write(claimed, bed.batch(0))
  const refused = new MillraceError('MR_SINK_REJECTED', 'Rejected records stop the app')
  const batch = bed.batch(1, { poison: [16] })
  const write = bed.startWrite(claimed, batch, { reject: () => Promise.reject(refused) })
  assert.equal(await write.outcome, refused)
  if (bed.isTransactional) await bed.assertHolds(bed.batch(0))
  const next = await bed.startWriter()
  assert.equal(next.position, 10)
  const again = bed.startWrite(next, batch)
  assert.equal(await again.outcome, undefined)
  assert.deepEqual(again.rejected, [16])
  await bed.assertHolds(bed.batch(0), batch)
}

/** The dead letter could not be written this time; the same writer gets the same batch again. */
async function rejectsAgain(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  const batch = bed.batch(0, { poison: [2, 7] })
  const away = new MillraceError('MR_BROKER_UNAVAILABLE', 'No dead-letter topic just now')
  const first = bed.startWrite(claimed, batch, { reject: () => Promise.reject(away) })
  assert.equal(await first.outcome, away)
  const second = bed.startWrite(claimed, batch)
  assert.equal(await second.outcome, undefined)
  assert.deepEqual(second.rejected, [2, 7])
  await bed.write(claimed, bed.batch(1))
  await bed.assertHolds(batch, bed.batch(1))
}

/** Finding out which record is refused must not write the others ahead of the position. */
function isCutWithPoisonAt(step: SinkStep): (bed: SinkBed) => Promise<void> {
  return async (bed) => {
    const { process, ...claimed } = await bed.startWriter()
    const batch = bed.batch(0, { poison: [3, 8] })
    const cut = await bed.interrupt(process, step, 'cut')
    const first = bed.startWrite(claimed, batch)
    const error = await bed.soon('the write', first.outcome)
    await cut.reached
    if (error !== undefined) assertRetry(error)
    if (bed.isTransactional && error !== undefined && step !== 'after-commit') {
      await bed.assertHolds()
    }
    const second = error === undefined ? first : bed.startWrite(claimed, batch)
    assert.equal(await second.outcome, undefined)
    const rejected = new Set([...first.rejected, ...second.rejected])
    assert.deepEqual([...rejected].sort(), [3, 8])
    await bed.write(claimed, bed.batch(1))
    await bed.assertHolds(batch, bed.batch(1))
    assert.equal((await bed.startWriter()).position, 20)
  }
}

async function takesNullKeys(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  const without = [1, 2, 8]
  const batch = bed.batch(0, {
    keyOf: (offset) => (without.includes(offset) ? null : `key-${offset}`),
  })
  const write = bed.startWrite(claimed, batch)
  assert.equal(await write.outcome, undefined)
  assert.deepEqual(write.rejected, bed.harness.nullKey === 'rejected' ? without : [])
  await bed.assertHolds(batch)
}

async function takesTombstones(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  const keyOf = (offset: number): string => `key-${offset % 10}`
  const tombstones = [10, 13, 19]
  const batches = [
    bed.batch(0, { keyOf }),
    bed.batch(1, { keyOf, tombstones }),
    bed.batch(2, { keyOf, offsets: [23] }),
  ] as const
  await bed.write(claimed, batches[0])
  const write = bed.startWrite(claimed, batches[1])
  assert.equal(await write.outcome, undefined)
  assert.deepEqual(write.rejected, bed.harness.tombstone === 'rejected' ? tombstones : [])
  await bed.assertHolds(batches[0], batches[1])
  await bed.write(claimed, batches[2])
  await bed.assertHolds(...batches)
}

async function takesAnEmptyKey(bed: SinkBed): Promise<void> {
  const batch = bed.batch(0, { keyOf: (offset) => (offset === 5 ? '' : `key-${offset}`) })
  await bed.write(await bed.startWriter(), batch)
  await bed.assertHolds(batch)
}

/** What is the same key to some, and not to Kafka: case, spaces at the end, accents and how they are composed. */
async function keepsKeysApart(bed: SinkBed): Promise<void> {
  const keys = ['a', 'A', 'a ', 'ä', 'a\u0308', "a'b", 'a"b', 'a\\b', 'a%_b', '😀\n']
  const keyOf = (offset: number): string => keys[offset % keys.length] ?? ''
  const batches = [bed.batch(0, { keyOf }), bed.batch(1, { keyOf, offsets: [11, 14, 19] })]
  await bed.write(await bed.startWriter(), ...batches)
  await bed.assertHolds(...batches)
}

function offsetsOf(records: readonly SinkRecord<unknown, unknown>[]): readonly number[] {
  return records.map(({ offset }) => offset).sort((a, b) => a - b)
}

const hasPoison = ({ hasPoison }: SinkHarness<unknown, unknown>): boolean => hasPoison === true
const everything = Array.from({ length: 10 }, (_, i) => 10 + i)

export const rejectCases: readonly SinkCase[] = [
  {
    title: 'a record that the target refuses is rejected once, and the rest of its batch written',
    appliesTo: hasPoison,
    run: rejectsAt([14]),
  },
  {
    title: 'the first and the last record of a batch may be refused, and neighbours',
    appliesTo: hasPoison,
    run: rejectsAt([10, 13, 14, 19]),
  },
  {
    title: 'a batch of which all is refused moves the position',
    appliesTo: hasPoison,
    run: rejectsAt(everything),
  },
  {
    title: 'a write waits for its dead letters',
    appliesTo: hasPoison,
    run: waitsForDeadLetters,
  },
  {
    title: 'a write whose dead letter is not written fails with its error, and moves no position',
    appliesTo: hasPoison,
    run: failsWithItsDeadLetter,
  },
  {
    title: 'a batch whose dead letter was not written is written again by the same writer',
    appliesTo: hasPoison,
    run: rejectsAgain,
  },
  ...STEPS.map((step) => ({
    title: `a batch with refused records whose connection is cut ${step} is written once`,
    appliesTo: (harness: SinkHarness<unknown, unknown>) =>
      hasPoison(harness) && (harness.steps?.includes(step) ?? false),
    run: isCutWithPoisonAt(step),
  })),
  {
    title: 'records without a key become what the harness says',
    appliesTo: ({ nullKey }) => nullKey !== undefined,
    run: takesNullKeys,
  },
  {
    title: 'tombstones become what the harness says',
    appliesTo: ({ tombstone }) => tombstone !== undefined,
    run: takesTombstones,
  },
  { title: 'an empty key is a key', run: takesAnEmptyKey },
  { title: 'keys that look alike are kept apart', run: keepsKeysApart },
]
