import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test, type TestContext } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import { silentLogger } from '../observe/logger.ts'
import { LocalStateDirectory } from './local-state-directory.ts'

async function temporary(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const directory = (stateDir: string): LocalStateDirectory =>
  new LocalStateDirectory({ stateDir, applicationId: 'app', logger: silentLogger })

async function opened(context: TestContext, stateDir: string): Promise<LocalStateDirectory> {
  const state = directory(stateDir)
  await state.open()
  context.after(() => state.close())
  return state
}

const hasCode =
  (code: MillraceError['code']) =>
  (error: unknown): boolean =>
    MillraceError.is(error, code)

/** A process that holds the directory until it is killed. */
async function holder(
  context: TestContext,
  stateDir: string,
): Promise<{ readonly pid: number; readonly kill: () => Promise<void> }> {
  const program = `
    import { LocalStateDirectory } from ${JSON.stringify(import.meta.resolve('./local-state-directory.ts'))}
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    const state = new LocalStateDirectory({ stateDir: ${JSON.stringify(stateDir)}, applicationId: 'app', logger })
    try {
      await state.open()
      console.log('held')
      setInterval(() => state, 1000)
    } catch (error) {
      console.log(error.code)
    }`
  const child = spawn(
    process.execPath,
    ['--conditions=@millrace/source', '--input-type=module', '-e', program],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve()
    }),
  )
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  context.after(kill)
  for await (const line of createInterface(child.stdout)) {
    if (line === 'held') return { pid: child.pid ?? 0, kill }
    throw new Error(line)
  }
  throw new Error('the process said nothing')
}

describe('the claim', () => {
  test('a directory that another process holds is refused, with its pid', async (t) => {
    const path = await temporary(t)
    const { pid } = await holder(t, path)
    await assert.rejects(directory(path).open(), (error) => {
      assert.ok(MillraceError.is(error, 'MR_STATE_DIR_IN_USE'))
      assert.equal(error.at['pid'], pid)
      assert.equal(error.at['path'], join(path, 'app'))
      assert.match(error.hint ?? '', /stateDir of its own/)
      return true
    })
  })

  test('the directory of a process that was killed is free at once', async (t) => {
    const path = await temporary(t)
    const { kill } = await holder(t, path)
    await kill()
    await opened(t, path)
  })

  test('of processes that start at the same moment one has it', async (t) => {
    const path = await temporary(t)
    const started = await Promise.allSettled(Array.from({ length: 4 }, () => holder(t, path)))
    const held = started.filter(({ status }) => status === 'fulfilled')
    const refused = started.flatMap((one) =>
      one.status === 'rejected' ? [String(one.reason)] : [],
    )
    assert.equal(held.length, 1)
    assert.deepEqual(refused, Array<string>(3).fill('Error: MR_STATE_DIR_IN_USE'))
  })

  test('a second app in this process is refused, until the first one closes', async (t) => {
    const path = await temporary(t)
    const first = await opened(t, path)
    await assert.rejects(directory(path).open(), hasCode('MR_STATE_DIR_IN_USE'))
    await first.close()
    await first.close()
    const second = await opened(t, path)
    await assert.rejects(directory(path).open(), hasCode('MR_STATE_DIR_IN_USE'))
    await second.close()
  })

  test('another application has a directory of its own', async (t) => {
    const path = await temporary(t)
    await opened(t, path)
    const other = new LocalStateDirectory({
      stateDir: path,
      applicationId: 'other',
      logger: silentLogger,
    })
    await other.open()
    await other.close()
  })
})

describe('the process id', () => {
  test('is made once', async (t) => {
    const path = await temporary(t)
    const first = await opened(t, path)
    const { processId } = first
    assert.match(processId, /^[0-9a-f-]{36}$/)
    await first.close()
    assert.equal((await opened(t, path)).processId, processId)
    assert.notEqual((await opened(t, await temporary(t))).processId, processId)
  })

  test('is made anew when its file is cut off', async (t) => {
    const path = await temporary(t)
    const first = await opened(t, path)
    const { processId } = first
    await first.close()
    await writeFile(join(path, 'app', 'process.json'), '{"formatVersion": 1, "proc')
    const second = await opened(t, path)
    assert.match(second.processId, /^[0-9a-f-]{36}$/)
    assert.notEqual(second.processId, processId)
    assert.deepEqual(JSON.parse(await readFile(join(path, 'app', 'process.json'), 'utf8')), {
      formatVersion: 1,
      processId: second.processId,
    })
  })

  test('a directory that a newer version wrote is refused', async (t) => {
    const path = await temporary(t)
    await mkdir(join(path, 'app'))
    await writeFile(join(path, 'app', 'process.json'), '{"formatVersion":2,"processId":"x"}')
    await assert.rejects(directory(path).open(), hasCode('MR_STATE_IO'))
    await writeFile(join(path, 'app', 'process.json'), '{"formatVersion":1,"processId":"x"}')
    assert.equal((await opened(t, path)).processId, 'x')
  })
})

describe('tasks', () => {
  test('are listed with the time when they were last in use', async (t) => {
    const path = await temporary(t)
    const state = await opened(t, path)
    for (const taskId of ['0_1', '1_12']) await mkdir(state.taskDirectory(taskId))
    await mkdir(join(path, 'app', 'tasks', 'mine'))
    await utimes(state.taskDirectory('1_12'), 1000, 1000)
    const before = Date.now()
    await utimes(state.taskDirectory('0_1'), 1000, 1000)
    await state.touch('0_1')
    await state.touch('7_7')
    const tasks = [...(await state.tasks())].sort((a, b) => a.taskId.localeCompare(b.taskId))
    assert.deepEqual(
      tasks.map(({ taskId }) => taskId),
      ['0_1', '1_12'],
    )
    assert.ok((tasks[0]?.lastUsedMs ?? 0) >= before - 1)
    assert.equal(tasks[1]?.lastUsedMs, 1_000_000)
  })

  test('one that is removed is gone, and the others are not', async (t) => {
    const path = await temporary(t)
    const state = await opened(t, path)
    for (const taskId of ['0_0', '0_1']) {
      await mkdir(state.taskDirectory(taskId))
      await writeFile(join(state.taskDirectory(taskId), 'data'), taskId)
    }
    await state.remove('0_0')
    await state.remove('0_7')
    assert.deepEqual(await readdir(join(path, 'app', 'tasks')), ['0_1'])
    assert.equal(await readFile(join(state.taskDirectory('0_1'), 'data'), 'utf8'), '0_1')
  })

  test('what an earlier process was about to delete is deleted', async (t) => {
    const path = await temporary(t)
    await mkdir(join(path, 'app', 'tasks', 'removed-0_1-x', 'deep'), { recursive: true })
    await opened(t, path)
    assert.deepEqual(await readdir(join(path, 'app', 'tasks')), [])
  })
})

describe('a directory that cannot be used', () => {
  const isRoot = process.getuid?.() === 0

  test('a file on its path is told so', async (t) => {
    const path = await temporary(t)
    await writeFile(join(path, 'app'), '')
    await assert.rejects(directory(path).open(), (error) => {
      assert.ok(MillraceError.is(error, 'MR_STATE_IO'))
      assert.match(error.hint ?? '', /is a file/)
      assert.equal(error.at['path'], join(path, 'app', 'tasks'))
      return true
    })
  })

  test(
    'one without permission is told so',
    { skip: isRoot ? 'root may write anywhere' : false },
    async (t) => {
      const path = await temporary(t)
      await chmod(path, 0o555)
      await assert.rejects(directory(path).open(), (error) => {
        assert.ok(MillraceError.is(error, 'MR_STATE_IO'))
        assert.match(error.hint ?? '', /right to write/)
        return true
      })
    },
  )

  test('free bytes are those of its disk', async (t) => {
    assert.ok((await (await opened(t, await temporary(t))).freeBytes()) > 0)
  })
})
