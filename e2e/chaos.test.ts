import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('chaos/main.ts', import.meta.url))

interface Finished {
  readonly status: number | null
  readonly lines: readonly string[]
  readonly log: string
}

function chaos(...args: string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@millrace/source', MAIN, ...args])
    let output = ''
    let log = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
    child.once('error', reject)
    child.once('close', (status) => {
      resolve({ status, lines: output.trimEnd().split('\n'), log })
    })
  })
}

test('half a minute of chaos loses and duplicates nothing', { timeout: 300_000 }, async () => {
  const { status, lines, log } = await chaos('--minutes', '0.5')
  assert.match(
    lines.at(-1) ?? '',
    /^chaos: [1-9]\d{3,} records, [1-9]\d* faults, 0 lost, 0 duplicated$/,
    [...lines, log].join('\n'),
  )
  assert.equal(status, 0, [...lines, log].join('\n'))
})
