import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printViolation } from './cli/print.ts'
import { PARTS, SINK_PARTS } from './parts/topologies.ts'
import { crashRun } from './run/crash-run.ts'

/** What a run of this test has time for; `./dev simulate` has more. */
const SEEDS = 300
const SEEDS_OF_A_TOPOLOGY = 25

test(`${SEEDS} runs with faults end as if there had been none`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await crashRun({ seed })
    assert.deepEqual(result.violations, [], printViolation(result, undefined))
  }
})

for (const topology of [...Object.keys(PARTS), ...Object.keys(SINK_PARTS)]) {
  test(`runs of the topology ${topology} end as if there had been no faults`, async () => {
    for (let seed = 10_001; seed <= 10_000 + SEEDS_OF_A_TOPOLOGY; seed++) {
      const result = await crashRun({ seed, topology })
      assert.deepEqual(result.violations, [], printViolation(result, topology))
    }
  })
}

test('a seed decides everything that happens', async () => {
  for (let seed = 20_001; seed <= 20_020; seed++) {
    const [first, second] = [await crashRun({ seed }), await crashRun({ seed })]
    assert.equal(first.hash, second.hash, `seed ${seed}`)
    const kinds = ['fault', 'life', 'log'] as const
    assert.equal(first.trace.print(kinds), second.trace.print(kinds), `seed ${seed}`)
  }
})

test('runs differ, and most of them have faults that strike', async () => {
  const hashes = new Set<string>()
  let struck = 0
  for (let seed = 30_001; seed <= 30_100; seed++) {
    const { hash, trace } = await crashRun({ seed })
    hashes.add(hash)
    if (trace.lines.some(({ kind, who }) => kind === 'fault' && who !== 'world')) struck++
  }
  assert.equal(hashes.size, 100)
  assert.ok(struck >= 60, `faults struck in ${struck} of 100 runs`)
})
