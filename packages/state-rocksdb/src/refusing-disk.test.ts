import { MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { rocksdb } from './rocksdb.ts'
import { applyStep, openSteps, outcomeOf, stepOf, TASK } from './step-history.testkit.ts'
import { temporaryDirectory } from './temporary-directory.testkit.ts'

const DISK_BYTES = 24 * 1024 * 1024
const PADDING = 100_000

/** A disk of its own of {@link DISK_BYTES}; undefined where only root may have one, and the test is skipped. */
async function smallDisk(t: TestContext): Promise<string | undefined> {
  const { path, remove } = await temporaryDirectory()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'millrace-test', path], {
      stdio: 'pipe',
    })
  } catch {
    await remove()
    t.skip('mounting a file system needs root on Linux')
    return undefined
  }
  t.after(async () => {
    execFileSync('umount', ['--lazy', path], { stdio: 'pipe' })
    await remove()
  })
  return path
}

function isError(code: 'MR_STATE_DISK_FULL' | 'MR_STATE_IO', directory: string) {
  return (error: unknown): boolean => {
    assert.ok(MillraceError.is(error, code), String(error))
    assert.deepEqual(error.at, { taskId: TASK, directory })
    assert.ok(error.cause instanceof Error && error.hint !== undefined)
    return true
  }
}

describe('a disk that refuses', () => {
  test('a full disk fails the step, and when there is room again everything before it is there', async (t) => {
    const disk = await smallDisk(t)
    if (disk === undefined) return
    const directory = join(disk, TASK)
    const filler = join(disk, 'filler')
    await writeFile(filler, Buffer.alloc(DISK_BYTES / 2))

    const state = await openSteps(rocksdb(), directory)
    let applied = 0
    await assert.rejects(
      async () => {
        for (;;) {
          await applyStep(state, applied + 1, PADDING)
          applied++
        }
      },
      isError('MR_STATE_DISK_FULL', directory),
    )
    assert.ok(applied > 10, `${applied} steps fit`)
    await assert.rejects(
      () => applyStep(state, applied + 1, PADDING),
      isError('MR_STATE_DISK_FULL', directory),
      'nothing is written after a failure',
    )
    await state.close()

    await rm(filler)
    const again = await openSteps(rocksdb(), directory)
    const at = stepOf(again, PADDING)
    assert.ok(at.kind === 'consistent', at.kind)
    assert.ok(at.step === applied || at.step === applied + 1, `${at.step} of ${applied}`)
    await applyStep(again, at.step + 1, PADDING)
    await again.close()
    assert.deepEqual(await outcomeOf(rocksdb(), directory, PADDING), {
      kind: 'consistent',
      step: at.step + 1,
    })
  })

  test('a full disk refuses a new task', async (t) => {
    const disk = await smallDisk(t)
    if (disk === undefined) return
    const directory = join(disk, TASK)
    await mkdir(directory)
    await writeFile(join(disk, 'filler'), Buffer.alloc(DISK_BYTES)).catch(() => undefined)
    await assert.rejects(openSteps(rocksdb(), directory), isError('MR_STATE_DISK_FULL', directory))
  })

  test('a disk that can only be read refuses', async (t) => {
    const disk = await smallDisk(t)
    if (disk === undefined) return
    const directory = join(disk, TASK)
    const state = await openSteps(rocksdb(), directory)
    await applyStep(state, 1)
    await state.close()
    execFileSync('mount', ['-o', 'remount,ro', disk], { stdio: 'pipe' })
    await assert.rejects(openSteps(rocksdb(), directory), isError('MR_STATE_IO', directory))
    await assert.rejects(
      openSteps(rocksdb(), join(disk, 'new')),
      isError('MR_STATE_IO', join(disk, 'new')),
    )
    execFileSync('mount', ['-o', 'remount,rw', disk], { stdio: 'pipe' })
    assert.deepEqual(await outcomeOf(rocksdb(), directory), { kind: 'consistent', step: 1 })
  })

  test('a file in the place of the directory is an error', async (t) => {
    const { path, remove } = await temporaryDirectory()
    t.after(remove)
    const directory = join(path, TASK)
    await writeFile(directory, 'a file')
    await assert.rejects(openSteps(rocksdb(), directory), isError('MR_STATE_IO', directory))
  })

  test('a directory that is in use is refused, and can be opened when it is closed', async (t) => {
    const { path, remove } = await temporaryDirectory()
    t.after(remove)
    const directory = join(path, TASK)
    const state = await openSteps(rocksdb(), directory)
    await applyStep(state, 1)
    await assert.rejects(openSteps(rocksdb(), directory), (error: unknown) => {
      isError('MR_STATE_IO', directory)(error)
      assert.match(String(error), /in use/)
      return true
    })
    await applyStep(state, 2)
    await state.close()
    assert.deepEqual(await outcomeOf(rocksdb(), directory), { kind: 'consistent', step: 2 })
  })
})
