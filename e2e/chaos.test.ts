import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runToEnd } from './program.testkit.ts'

const MAIN = fileURLToPath(new URL('chaos/main.ts', import.meta.url))

test('half a minute of chaos loses and duplicates nothing', { timeout: 300_000 }, async () => {
  const { status, lines, log } = await runToEnd({ file: MAIN, args: ['--minutes', '0.5'] })
  assert.match(
    lines.at(-1) ?? '',
    /^chaos: [1-9]\d{3,} records, [1-9]\d* faults, 0 lost, 0 duplicated$/,
    [...lines, log].join('\n'),
  )
  assert.equal(status, 0, [...lines, log].join('\n'))
})
