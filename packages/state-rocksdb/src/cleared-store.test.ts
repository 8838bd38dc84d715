import assert from 'node:assert/strict'
import { cp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { rocksdb } from './rocksdb.ts'
import { applyStep, contentAfter, contentOf, openSteps } from './step-history.testkit.ts'
import { temporaryDirectory } from './temporary-directory.testkit.ts'

const STEPS = 12

test('a store that is cleared has both its entries and its position, or neither, wherever the log is cut', async (t) => {
  const { path, remove } = await temporaryDirectory()
  t.after(remove)
  const live = join(path, 'live')
  const work = join(path, 'work')
  const state = await openSteps(rocksdb(), live)
  for (let step = 1; step <= STEPS; step++) await applyStep(state, step)
  const log = (await readdir(live)).find((name) => name.endsWith('.log')) ?? ''
  const before = (await stat(join(live, log))).size
  await state.clear('counts')
  const after = (await stat(join(live, log))).size
  const copy = join(path, 'copy')
  await cp(live, copy, { recursive: true })
  await state.close()

  const [counts = '', windows = ''] = contentAfter(STEPS).split('\n')
  const seen = new Set<string>()
  for (let length = before; length <= after; length++) {
    await rm(work, { recursive: true, force: true })
    await cp(copy, work, { recursive: true })
    await truncate(join(work, log), length)
    const opened = await openSteps(rocksdb(), work)
    const [foundCounts = '', foundWindows = ''] = contentOf(opened).split('\n')
    await opened.close()
    assert.equal(foundWindows, windows, 'the other store')
    assert.ok([counts, 'none: '].includes(foundCounts), `${length}: ${foundCounts}`)
    seen.add(foundCounts)
  }
  assert.equal(seen.size, 2, 'cuts before and after the step')
})
