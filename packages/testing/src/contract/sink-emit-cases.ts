import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { SinkBed } from './sink-bed.ts'
import type { SinkCase } from './sink-case.ts'
import type { SinkHarness } from './sink-under-test.ts'

/** Long enough for a write that does not wait for what it emits. */
const A_WHILE_MS = 200

async function emitsWhatIsDeclared(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  const topics = new Set<string>()
  const write = bed.startWrite(claimed, bed.batch(0), {
    emit: ({ topic }) => {
      topics.add(topic)
      return Promise.resolve()
    },
  })
  assert.equal(await write.outcome, undefined)
  assert.ok(topics.size > 0, 'nothing was emitted')
  const declared = bed.harness.capabilities.emitsTo ?? []
  for (const topic of topics) assert.ok(declared.includes(topic), `${topic} is not in emitsTo`)
}

async function waitsForEmissions(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  let letGo: () => void = () => undefined
  const isProduced = new Promise<void>((resolve) => (letGo = resolve))
  let reached: () => void = () => undefined
  const isEmitting = new Promise<void>((resolve) => (reached = resolve))
  let isSettled = false
  const { outcome } = bed.startWrite(claimed, bed.batch(0), {
    emit: async () => {
      reached()
      await isProduced
    },
  })
  void outcome.then(() => (isSettled = true))
  await bed.soon('the emission', isEmitting)
  await delay(A_WHILE_MS)
  assert.equal(isSettled, false, 'a write is acknowledged before what it emits is in the topic')
  letGo()
  assert.equal(await outcome, undefined)
  await bed.assertHolds(bed.batch(0))
}

async function failsWithItsEmission(bed: SinkBed): Promise<void> {
  const claimed = await bed.startWriter()
  const away = new MillraceError('MR_BROKER_UNAVAILABLE', 'Kafka is away')
  const first = bed.startWrite(claimed, bed.batch(0), { emit: () => Promise.reject(away) })
  assert.equal(await bed.soon('the write', first.outcome), away)
  await bed.write(claimed, bed.batch(0), bed.batch(1))
  await bed.assertHolds(bed.batch(0), bed.batch(1))
}

const emits = ({ capabilities }: SinkHarness<unknown, unknown>): boolean =>
  (capabilities.emitsTo?.length ?? 0) > 0

export const emitCases: readonly SinkCase[] = [
  {
    title: 'what is emitted goes to topics that are declared',
    appliesTo: emits,
    run: emitsWhatIsDeclared,
  },
  {
    title: 'a write waits until what it emits is in the topic',
    appliesTo: emits,
    run: waitsForEmissions,
  },
  {
    title: 'a write whose emission fails fails with its error, and has its effect once',
    appliesTo: emits,
    run: failsWithItsEmission,
  },
]
