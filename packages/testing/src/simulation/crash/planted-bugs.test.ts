import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PLANTED_BUGS, type PlantedBug } from './planted/bugs.ts'
import { PLANTED_BUG_VARIABLE } from './planted/plant.ts'

const SEEDS = 500
/** Of what is no bug: enough to have found most of those that are. */
const HARMLESS_SEEDS = 400
const LONGEST_MS = 240_000

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

interface Search {
  readonly status: number
  readonly output: string
}

/** Runs the simulator on sources that have the bug. */
function search(
  name: string,
  { topology, seeds = SEEDS, isHarmless }: PlantedBug,
): Promise<Search> {
  const args = [
    '--conditions=@millrace/source',
    `--import=${fileOf('planted/plant.ts')}`,
    fileOf('main.ts'),
    ...['--workers', '1', '--seeds', String(isHarmless === true ? HARMLESS_SEEDS : seeds)],
    ...(topology === undefined ? [] : ['--topology', topology]),
  ]
  const env = { ...process.env, [PLANTED_BUG_VARIABLE]: name }
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: LONGEST_MS }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ status, output: stdout + stderr })
    })
  })
}

describe('planted bugs', { concurrency: 2 }, () => {
  for (const [name, bug] of Object.entries(PLANTED_BUGS)) {
    if (bug.isHarmless === true) {
      test(`${name} violates nothing: ${bug.why}`, async () => {
        const { status, output } = await search(name, bug)
        assert.equal(status, 0, output)
      })
      continue
    }
    test(`${name} is found: ${bug.why}`, async () => {
      const { status, output } = await search(name, bug)
      assert.equal(status, 1, output)
      // What was found is a difference or a standstill, not a simulator that does not start.
      assert.match(output, /^seed \d+: \d+ violation/m)
      assert.match(output, /again: \.\/dev simulate --seeds 1 --from \d+/)
    })
  }
})
