import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { rocksdb } from './rocksdb.ts'
import { SeededRandom } from './seeded-random.testkit.ts'
import { outcomeOf } from './step-history.testkit.ts'
import { temporaryDirectory } from './temporary-directory.testkit.ts'

const ROUNDS = 10
/** So that memtables fill and files are merged while the process dies. */
const PADDING = 3000

test('a process that is killed at any moment leaves one step as a whole, and no step before the last it told of', async (t) => {
  const { path, remove } = await temporaryDirectory()
  t.after(remove)
  const random = new SeededRandom()
  let last = 0
  for (let round = 0; round < ROUNDS; round++) {
    const told = await killAfter(join(path, '0_0'), 1 + random.below(250))
    const outcome = await outcomeOf(rocksdb(), join(path, '0_0'), PADDING)
    assert.ok(outcome.kind === 'consistent', `round ${round}: ${outcome.kind}; ${random.repeat}`)
    assert.ok(outcome.step >= told, `${outcome.step} of ${told}; ${random.repeat}`)
    assert.ok(told > last, `the process went on from ${last} to ${told}`)
    last = outcome.step
  }
})

/** Runs a writer until it has told of so many steps, kills it, and says which was the last it told of. */
async function killAfter(directory: string, steps: number): Promise<number> {
  const writer = spawn(
    process.execPath,
    [
      '--conditions=@millrace/source',
      join(import.meta.dirname, 'step-writer.testkit.ts'),
      directory,
      String(PADDING),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let told = 0
  let seen = 0
  const exited = once(writer, 'exit')
  for await (const line of createInterface({ input: outputOf(writer) })) {
    told = Number(line)
    seen++
    if (seen === steps) writer.kill('SIGKILL')
  }
  const [, signal] = (await exited) as [unknown, unknown]
  assert.equal(signal, 'SIGKILL')
  return told
}

function outputOf(process: ChildProcess): NodeJS.ReadableStream {
  assert.ok(process.stdout !== null)
  return process.stdout
}
