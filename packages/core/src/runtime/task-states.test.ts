import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MillraceError } from '../errors/millrace-error.ts'
import { silentLogger } from '../observe/logger.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import type { StateBackend } from '../state/state-backend.ts'
import { LocalStateDirectory } from './local-state-directory.ts'
import { TaskStates } from './task-states.ts'

const DELAY_MS = 600_000

/** Keeps a folder for each task and nothing in it; one with a file `corrupt` cannot be opened. */
function folders(): StateBackend {
  return {
    kind: 'folders',
    persistent: true,
    async open(request) {
      if (existsSync(join(request.directory, 'corrupt'))) {
        throw new MillraceError('MR_STATE_CORRUPT', `task ${request.taskId} cannot be read`)
      }
      await mkdir(request.directory, { recursive: true })
      return inMemory().open(request)
    },
  }
}

interface Bed {
  readonly directory: LocalStateDirectory
  readonly states: TaskStates
  readonly clock: { nowMs: () => number; now: number }
  /** Task directories that are there. */
  readonly kept: () => Promise<string[]>
  /** Runs the clean-up that is due, if any. */
  readonly check: () => Promise<void>
}

async function bed(context: TestContext, earlier: readonly string[] = []): Promise<Bed> {
  const stateDir = await mkdtemp(join(tmpdir(), 'millrace-tasks-'))
  context.after(() => rm(stateDir, { recursive: true, force: true }))
  const directory = new LocalStateDirectory({ stateDir, applicationId: 'a', logger: silentLogger })
  await directory.open()
  context.after(() => directory.close())
  for (const taskId of earlier) {
    await mkdir(directory.taskDirectory(taskId))
    await utimes(directory.taskDirectory(taskId), 1, 1)
  }
  const clock = {
    now: Date.now(),
    nowMs: () => clock.now,
  }
  const states = new TaskStates({
    backend: folders(),
    directory,
    cleanupDelayMs: DELAY_MS,
    clock,
    logger: silentLogger,
  })
  return {
    directory,
    states,
    clock,
    kept: async () => (await readdir(join(stateDir, 'a', 'tasks'))).sort(),
    check: async () => {
      states.check()
      await states.close()
    },
  }
}

test('what is kept of a task is deleted when it was not in use for the delay', async (t) => {
  const { states, clock, kept, check } = await bed(t)
  const state = await states.open('0_0', ['counts'])
  const open = await states.open('0_1', ['counts'])
  clock.now += 10 * DELAY_MS
  await state.close()
  clock.now += DELAY_MS - 1
  await check()
  assert.deepEqual(await kept(), ['0_0', '0_1'])
  clock.now += DELAY_MS / 2
  await check()
  assert.deepEqual(await kept(), ['0_1'])
  await open.close()
})

/** Its folder is old: a log that grows does not change the time of the folder that it is in. */
test('a task of before the start has the delay from the start on', async (t) => {
  const { states, clock, kept, check } = await bed(t, ['0_0', '0_1'])
  clock.now += DELAY_MS - 1
  await check()
  const state = await states.open('0_0', ['counts'])
  clock.now += DELAY_MS
  await check()
  assert.deepEqual(await kept(), ['0_0'])
  await state.close()
})

test('a task that is opened while it is deleted waits, and begins empty', async (t) => {
  const { states, directory, clock } = await bed(t, ['0_0'])
  await writeFile(join(directory.taskDirectory('0_0'), 'data'), '')
  clock.now += 2 * DELAY_MS
  const remove = directory.remove.bind(directory)
  let opened: ReturnType<TaskStates['open']> | undefined
  directory.remove = async (taskId) => {
    await nextTurn()
    opened = states.open('0_0', ['counts'])
    await nextTurn()
    assert.equal(existsSync(join(directory.taskDirectory('0_0'), 'data')), true)
    await remove(taskId)
  }
  states.check()
  await states.close()
  const state = await opened
  assert.notEqual(state, undefined)
  assert.equal(existsSync(join(directory.taskDirectory('0_0'), 'data')), false)
  assert.equal((await stat(directory.taskDirectory('0_0'))).isDirectory(), true)
  await state?.close()
})

test('a corrupt task begins empty, and the others keep what they have', async (t) => {
  const { states, directory, kept } = await bed(t, ['0_0', '0_1'])
  for (const taskId of ['0_0', '0_1'])
    await writeFile(join(directory.taskDirectory(taskId), 'data'), '')
  await writeFile(join(directory.taskDirectory('0_0'), 'corrupt'), '')
  const state = await states.open('0_0', ['counts'])
  assert.equal(state.position('counts'), undefined)
  assert.deepEqual(await readdir(directory.taskDirectory('0_0')), [])
  assert.deepEqual(await readdir(directory.taskDirectory('0_1')), ['data'])
  await states.discard('0_0')
  assert.deepEqual(await kept(), ['0_0', '0_1'])
  await state.close()
  await states.discard('0_0')
  assert.deepEqual(await kept(), ['0_1'])
})

test('a task without stores keeps nothing', async (t) => {
  const { states, kept } = await bed(t)
  const state = await states.open('0_0', [])
  assert.deepEqual(await kept(), [])
  await state.close()
})

test('a state is open once', async (t) => {
  const { states } = await bed(t)
  const state = await states.open('0_0', ['counts'])
  await assert.rejects(states.open('0_0', ['counts']), /open already/)
  await state.close()
  await state.close()
  await (await states.open('0_0', ['counts'])).close()
})
