import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConformanceCommand } from './options.ts'

const SCENARIOS = join(import.meta.dirname, '../../packages/testing/conformance/scenarios')

function run(...args: readonly string[]): {
  readonly lines: readonly string[]
  readonly status: number | null
} {
  const script = join(import.meta.dirname, 'main.ts')
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--conditions=@millrace/source', script, ...args],
    { encoding: 'utf8' },
  )
  return { lines: stdout.trimEnd().split('\n'), status }
}

function inFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  try {
    body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the first differing record is printed, the sums come last, and the status is 1', () => {
  inFolder((folder) => {
    for (const name of ['agg-reduce', 'punctuate-stream']) {
      cpSync(join(SCENARIOS, `${name}.json`), join(folder, `${name}.json`))
    }
    assert.deepEqual(run(folder), { lines: ['2 passed, 0 failed'], status: 0 })

    const wrong = join(folder, 'punctuate-stream.json')
    const changed = readFileSync(wrong, 'utf8').replace(
      '"timestamp": 47, "at"',
      '"timestamp": 40, "at"',
    )
    writeFileSync(wrong, changed)
    assert.deepEqual(run('--store', 'rocksdb', folder), {
      lines: [
        `failed ${wrong} on rocksdb: topic out, record 2`,
        '  expected {"key":"punctuate","value":"5","timestamp":40,"at":4}',
        '  actual   {"key":"punctuate","value":"5","timestamp":47,"at":4}',
        '1 passed, 1 failed',
      ],
      status: 1,
    })
  })
})

test('what cannot be run has failed', () => {
  inFolder((folder) => {
    const file = join(folder, 'x.json')
    const topology = [{ id: 'a', op: 'explode' }]
    writeFileSync(
      file,
      JSON.stringify({ name: 'x', about: '', topology, inputs: [], expected: {} }),
    )
    writeFileSync(join(folder, 'y.json'), '{')
    const { lines, status } = run('--store', 'memory', folder)
    assert.equal(lines[0], `failed ${file} on memory: x.topology[0]: unknown op 'explode'`)
    assert.match(lines[1] ?? '', /y\.json on memory: .*JSON/)
    assert.deepEqual([lines.at(-1), status], ['0 passed, 2 failed', 1])
  })
})

test('a run of nothing is none that passed', () => {
  inFolder((folder) => {
    assert.deepEqual(run(folder), { lines: ['0 passed, 0 failed'], status: 1 })
  })
})

test('both stores are the default, and another is refused', () => {
  assert.deepEqual(readConformanceCommand(['a', 'b']), {
    kind: 'run',
    paths: ['a', 'b'],
    stores: ['memory', 'rocksdb'],
  })
  assert.deepEqual(readConformanceCommand(['--store', 'disk', 'a']), {
    kind: 'wrong',
    problem: "--store is memory, rocksdb or both, not 'disk'",
  })
  assert.equal(readConformanceCommand([]).kind, 'wrong')
  assert.equal(readConformanceCommand(['--speed', '3', 'a']).kind, 'wrong')
})
