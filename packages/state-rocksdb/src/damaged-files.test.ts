import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { DamagedState, FLUSHED, STEPS } from './damaged-state.testkit.ts'
import { rocksdb } from './rocksdb.ts'
import { openSteps, outcomeOf, TASK } from './step-history.testkit.ts'

describe('damaged files', () => {
  let state: DamagedState
  let log: string
  let logSize: number

  before(async () => {
    state = await DamagedState.create()
    log = await state.file('.log')
    logSize = (await state.bytesOf(log)).length
  })

  after(() => state.remove())

  test('a copy of an open directory holds every step', async () => {
    const outcome = await state.outcome(log, () => Promise.resolve())
    assert.deepEqual(outcome, { kind: 'consistent', step: STEPS })
  })

  test('a log cut anywhere gives an earlier step as a whole, the later the longer it is', async () => {
    const { random } = state
    const lengths = new Set([0, 1, logSize - 1, logSize])
    while (lengths.size < 80) lengths.add(random.below(logSize))
    const steps: number[] = []
    for (const length of [...lengths].sort((a, b) => a - b)) {
      const outcome = await state.outcome(log, (path) => truncate(path, length))
      assert.ok(outcome.kind === 'consistent', `${length}: ${outcome.kind}; ${random.repeat}`)
      steps.push(outcome.step)
    }
    const inOrder = steps.toSorted((a, b) => a - b)
    assert.deepEqual(steps, inOrder, random.repeat)
    assert.equal(steps[0], FLUSHED)
    assert.equal(steps.at(-1), STEPS)
  })

  test('garbage behind a cut in the log changes nothing', async () => {
    const { random } = state
    for (let i = 0; i < 15; i++) {
      const length = random.below(logSize)
      const cut = await state.outcome(log, (path) => truncate(path, length))
      const garbage = Uint8Array.from({ length: random.below(200) }, () => random.below(256))
      const outcome = await state.outcome(log, async (path) => {
        const bytes = await readFile(path)
        await writeFile(path, Buffer.concat([bytes.subarray(0, length), garbage]))
      })
      assert.deepEqual(outcome, cut, random.repeat)
    }
  })

  test('a flipped bit in the log gives an earlier step as a whole', async () => {
    for (let i = 0; i < 30; i++) {
      const at = state.random.below(logSize)
      const outcome = await state.outcome(log, state.flip(at))
      assert.equal(outcome.kind, 'consistent', `${at}; ${state.random.repeat}`)
    }
  })

  test('a flipped bit or a cut in any other file is found, or changes nothing', async () => {
    let found = 0
    for (const file of await state.files()) {
      const size = (await state.bytesOf(file)).length
      if (file === log || size === 0) continue
      for (let i = 0; i < 10; i++) {
        const at = state.random.below(size)
        for (const damage of [state.flip(at), (path: string) => truncate(path, at)]) {
          const outcome = await state.outcome(file, damage)
          if (outcome.kind === 'corrupt') found++
          else assert.deepEqual(outcome, { kind: 'consistent', step: STEPS }, `${file}: ${at}`)
        }
      }
    }
    assert.ok(found > 0, state.random.repeat)
  })

  test('a file that is missing is found, or gives an earlier step as a whole', async () => {
    for (const file of await state.files()) {
      const outcome = await state.outcome(file, (path) => rm(path))
      if (outcome.kind === 'consistent') assert.ok([FLUSHED, STEPS].includes(outcome.step), file)
    }
  })

  test('what was found corrupt in use stays so until the directory is emptied', async () => {
    const table = await state.file('.sst')
    const { work } = state
    const outcome = await state.outcome(table, async (path) => {
      const bytes = await readFile(path)
      // The first block has rows; it is read, and checked, when a row is.
      await writeFile(path, bytes.fill(0x55, 10, 30))
    })
    assert.deepEqual(outcome, { kind: 'corrupt' })
    await writeFile(join(work, table), await state.bytesOf(table))

    await assert.rejects(openSteps(rocksdb(), work), (error: unknown) => {
      assert.ok(MillraceError.is(error, 'MR_STATE_CORRUPT'))
      assert.deepEqual(error.at, { taskId: TASK, directory: work })
      assert.match(error.hint ?? '', /rebuilt from the changelog/)
      return true
    })
    await rm(work, { recursive: true })
    assert.deepEqual(await outcomeOf(rocksdb(), work), { kind: 'consistent', step: 0 })
  })
})
