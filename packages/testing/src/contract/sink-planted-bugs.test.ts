import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { plantInSink } from './planted-sink.testkit.ts'
import { PLANTED_SINK_BUGS } from './sink-planted-bugs.testkit.ts'
import { runSinkCase, sinkCases, withoutTypes } from './sink.ts'

/** A case that hangs has found its bug as well. */
const LONGEST_MS = 5000

async function fails(run: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('late'))
    }, LONGEST_MS)
  })
  try {
    await Promise.race([run, late])
    return false
  } catch {
    return true
  } finally {
    clearTimeout(timer)
  }
}

describe('bugs planted in the memory sink', { concurrency: 8 }, () => {
  for (const [name, { patches, harness, caughtBy }] of Object.entries(PLANTED_SINK_BUGS)) {
    test(`${name} is caught`, async () => {
      const { memoryHarness } = await plantInSink(name, patches)
      const planted = withoutTypes(memoryHarness(harness))
      const cases = sinkCases(planted).filter(({ title }) => caughtBy.includes(title))
      assert.deepEqual(cases.map(({ title }) => title).sort(), [...caughtBy].sort())
      const outcomes = await Promise.all(
        cases.map(async ({ title, run }) => [title, await fails(runSinkCase(planted, run))]),
      )
      assert.deepEqual(
        outcomes,
        cases.map(({ title }) => [title, true]),
      )
    })
  }
})
