import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const SCENARIOS = join(import.meta.dirname, '../../conformance/scenarios')

function run(folder: string): {
  readonly lines: readonly string[]
  readonly status: number | null
} {
  const script = join(import.meta.dirname, 'run-conformance.ts')
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--conditions=@millrace/source', script, folder],
    { encoding: 'utf8' },
  )
  return { lines: stdout.trimEnd().split('\n'), status }
}

test('the runner prints the first differing record, the sums last, and exits with 1', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  try {
    for (const name of ['agg-reduce', 'punctuate-stream']) {
      cpSync(join(SCENARIOS, `${name}.json`), join(folder, `${name}.json`))
    }
    assert.deepEqual(run(folder), { lines: ['2 passed, 0 failed, 0 skipped'], status: 0 })

    const wrong = join(folder, 'punctuate-stream.json')
    const changed = readFileSync(wrong, 'utf8').replace(
      '"timestamp": 47, "at"',
      '"timestamp": 40, "at"',
    )
    writeFileSync(wrong, changed)
    assert.deepEqual(run(folder), {
      lines: [
        `failed ${wrong}: topic out, record 2`,
        '  expected {"key":"punctuate","value":"5","timestamp":40,"at":4}',
        '  actual   {"key":"punctuate","value":"5","timestamp":47,"at":4}',
        '1 passed, 1 failed, 0 skipped',
      ],
      status: 1,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
