import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResultLine } from '../run/result-line.ts'
import { parseResultLines, summarize } from './summary.ts'

const LINE: ResultLine = {
  peer: 'millrace',
  version: '1.2.3',
  workload: 'count',
  guarantee: 'eos',
  records: 2_000_000,
  wallSeconds: 10,
  firstCommitSeconds: 0.5,
  recordsPerSecond: 200_000,
  cpuSeconds: 12,
  maxRssMb: 300,
  overallRecordsPerSecond: 199_000,
  firstCommitRecords: 10,
  value: 'raw',
  cacheBytes: 0,
  commitIntervalMs: 100,
  threads: 1,
  brokerCpuSeconds: 1.5,
  otherCpuSeconds: 0.4,
  outputRecords: 2_000_000,
  verified: true,
}

function rows(text: string): string[] {
  return text.split('\n').slice(2)
}

test('a row holds medians, and the range of the rates', () => {
  const runs = [200_000, 180_000, 230_000].map((recordsPerSecond, index) => ({
    ...LINE,
    recordsPerSecond,
    cpuSeconds: 12 + index,
  }))
  assert.deepEqual(rows(summarize(runs, { quiet: true })), [
    '| millrace 1.2.3 | count, cache 0 | eos | 2,000,000 | 3 | 10.00 | 0.50 | 200,000 (180,000 .. 230,000) | 13.00 | 6.5 | 1.50 | 300 | 2,000,000 | yes |',
    '',
  ])
})

test('the median of an even number of runs is the mean of the two in the middle', () => {
  const runs = [1, 2, 4, 8].map((wallSeconds) => ({ ...LINE, wallSeconds, otherCpuSeconds: 0 }))
  assert.match(summarize(runs, { quiet: true }), /\| 4 \| 3\.00 \|/)
})

test('peers, workloads, settings and lengths do not share a row', () => {
  const runs = [
    LINE,
    { ...LINE, peer: 'other' },
    { ...LINE, cacheBytes: 'default' as const },
    { ...LINE, value: 'json' },
    { ...LINE, records: 5 },
  ]
  assert.equal(rows(summarize(runs, { quiet: true })).length, runs.length + 1)
})

test('a run beside which others took more than a tenth of a core is left out and listed', () => {
  const noisy = { ...LINE, otherCpuSeconds: 1.1, recordsPerSecond: 100_000 }
  const quiet = rows(summarize([LINE, noisy], { quiet: true }))
  assert.match(quiet[0] ?? '', /\| 1 \| 10\.00 .* 200,000 \(200,000 \.\. 200,000\)/)
  assert.deepEqual(quiet.slice(1), [
    '',
    'Noisy runs, left out:',
    '',
    '- millrace count, cache 0 eos: others took 1.1 CPU s in 10 s (100,000 records/s)',
    '',
  ])
  assert.match(rows(summarize([LINE, noisy], { quiet: false }))[0] ?? '', /\| 2 \| 10\.00 /)
})

test('one wrong output spoils the row', () => {
  const text = summarize([LINE, { ...LINE, verified: false }], { quiet: true })
  assert.match(text, /\| NO \|/)
})

test('a field that a peer does not have is a dash', () => {
  const line = JSON.parse(
    JSON.stringify({ ...LINE, brokerCpuSeconds: undefined, verified: undefined }),
  ) as ResultLine // Optional fields only are gone.
  assert.match(summarize([line], { quiet: true }), /\| 6\.0 \| - \| 300 \| .* \| not checked \|/)
})

test('what is no JSON line is skipped', () => {
  assert.deepEqual(parseResultLines(`hello\n${JSON.stringify(LINE)}\n\n`), [LINE])
})
