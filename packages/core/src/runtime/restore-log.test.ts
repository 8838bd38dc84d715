import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restoreLog } from './restore-log.ts'
import type { RestoreProgress } from './restorer.ts'

const PROGRESS: RestoreProgress = {
  taskId: '0_1',
  store: 'counts',
  topic: 'app-counts-changelog',
  partition: 1,
  restored: 0,
  total: 1_000_000,
  restoredBytes: 0,
  remaining: 1_000_000,
  elapsedMs: 0,
  phase: 'start',
}

function logged(...progress: readonly Partial<RestoreProgress>[]): readonly string[] {
  const lines: string[] = []
  const silent = (): void => undefined
  const listen = restoreLog({
    debug: silent,
    info: (message) => lines.push(message),
    warn: silent,
    error: silent,
  })
  for (const one of progress) listen({ ...PROGRESS, ...one })
  return lines
}

test('a restore says how far it is, how fast, and how long it will take', () => {
  const half = {
    phase: 'batch',
    restored: 1_200_000,
    total: 2_000_000,
    remaining: 400_000,
  } as const
  assert.deepEqual(
    logged(
      {},
      { ...half, elapsedMs: 6000 },
      { phase: 'end', restored: 1_500_000, remaining: 0, elapsedMs: 12_345 },
    ),
    [
      'restore: 0_1 counts begins, about 1,000,000 records',
      'restore: 0_1 counts 1,200,000 of about 2,000,000 records, 200,000/s, 1.5 s left',
      'restore: 0_1 counts done, 1,500,000 records in 12 s, 121,507/s',
    ],
  )
})

test('one that is suspended says what is there', () => {
  assert.deepEqual(logged({ phase: 'suspended', restored: 120_000, elapsedMs: 100 }), [
    'restore: 0_1 counts suspended after 120,000 of about 1,000,000 records',
  ])
})

test('there is a line every five seconds and store at most', () => {
  const batches = Array.from({ length: 120 }, (_, i) => ({
    phase: 'batch' as const,
    restored: i,
    remaining: 1_000_000 - i,
    elapsedMs: i * 100,
  }))
  const both = batches.flatMap((batch) => [batch, { ...batch, store: 'sums' }])
  const lines = logged(...both)
  assert.deepEqual(
    lines.map((line) => line.split(' ').slice(0, 4).join(' ')),
    [
      'restore: 0_1 counts 50',
      'restore: 0_1 sums 50',
      'restore: 0_1 counts 100',
      'restore: 0_1 sums 100',
    ],
  )
})
