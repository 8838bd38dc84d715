import { randomUUID } from 'node:crypto'
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Logger } from '../observe/logger.ts'
import type { StateDirectory, StoredTask } from '../state/state-directory.ts'
import { DirectoryLock } from './directory-lock.ts'

export interface LocalStateDirectoryOptions {
  /** The `stateDir` option. */
  readonly stateDir: string
  readonly applicationId: string
  readonly logger: Logger
}

/** Of `process.json`, and of the layout below. */
const FORMAT_VERSION = 1

/** Whatever else somebody put there is not ours to delete. */
const TASK_ID = /^(\d+_\d+|global)$/

/** What an earlier process was about to delete. */
const REMOVED_PREFIX = 'removed-'

/**
 * `<stateDir>/<applicationId>/` on the local disk.
 *
 * ```
 * lock           held by the process that runs (see DirectoryLock)
 * owner.json     its pid and host, for the error of the next one
 * process.json   format version and process id, made once
 * tasks/<id>/    what a backend keeps of one task; its time is when the task was last in use
 * tasks/global/  the same of the global stores
 * ```
 */
export class LocalStateDirectory implements StateDirectory {
  readonly #root: string
  readonly #tasks: string
  readonly #lock: DirectoryLock
  readonly #logger: Logger
  #processId: string | undefined

  constructor({ stateDir, applicationId, logger }: LocalStateDirectoryOptions) {
    this.#root = join(stateDir, applicationId)
    this.#tasks = join(this.#root, 'tasks')
    this.#lock = new DirectoryLock(this.#root)
    this.#logger = logger
  }

  get processId(): string {
    if (this.#processId === undefined) throw new TypeError('the state directory is not open')
    return this.#processId
  }

  async open(): Promise<void> {
    await this.#io(this.#tasks, () => this.#makeFolders())
    await this.#lock.acquire()
    try {
      this.#processId = await this.#io(this.#root, () => this.#readOrMakeProcessId())
      await this.#writeOwner()
      await this.#io(this.#tasks, () => this.#sweep())
    } catch (error) {
      this.#lock.release()
      throw error
    }
  }

  taskDirectory(taskId: string): string {
    return join(this.#tasks, taskId)
  }

  async tasks(): Promise<readonly StoredTask[]> {
    return this.#io(this.#tasks, async () => {
      const names = (await readdir(this.#tasks)).filter((name) => TASK_ID.test(name))
      return Promise.all(
        names.map(async (taskId) => {
          const { mtimeMs } = await stat(this.taskDirectory(taskId))
          return { taskId, lastUsedMs: mtimeMs }
        }),
      )
    })
  }

  /** Renamed first: a directory of which a part is deleted must never be taken for a task's. */
  async remove(taskId: string): Promise<void> {
    const path = this.taskDirectory(taskId)
    const doomed = join(this.#tasks, `${REMOVED_PREFIX}${taskId}-${randomUUID()}`)
    await this.#io(path, async () => {
      try {
        await rename(path, doomed)
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return
        throw error
      }
      await rm(doomed, { recursive: true, force: true })
    })
  }

  async touch(taskId: string): Promise<void> {
    const now = new Date()
    try {
      await utimes(this.taskDirectory(taskId), now, now)
    } catch (error) {
      // A task without stores has no directory; one that keeps its old time is removed early at worst.
      if (codeOf(error) !== 'ENOENT')
        this.#logger.debug('touching a task failed', { taskId, error })
    }
  }

  async freeBytes(): Promise<number> {
    return this.#io(this.#root, async () => {
      const { bavail, bsize } = await statfs(this.#root)
      return bavail * bsize
    })
  }

  async close(): Promise<void> {
    if (!this.#lock.isHeld) return
    try {
      await unlink(join(this.#root, 'owner.json'))
    } catch {
      // It says who holds the lock, and is not believed when nobody does.
    }
    this.#lock.release()
  }

  /** One by one: of a recursive call on a read-only disk Node says that the folder above is missing. */
  async #makeFolders(): Promise<void> {
    await mkdir(dirname(this.#root), { recursive: true })
    for (const path of [this.#root, this.#tasks]) {
      try {
        await mkdir(path)
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
    }
  }

  async #readOrMakeProcessId(): Promise<string> {
    const path = join(this.#root, 'process.json')
    const found = await readIfThere(path)
    if (found !== undefined) {
      const id = this.#parseProcess(path, found)
      if (id !== undefined) return id
    }
    const processId = randomUUID()
    const text = `${JSON.stringify({ formatVersion: FORMAT_VERSION, processId })}\n`
    await writeAtomically(path, text)
    return processId
  }

  /** Nothing when the file is of no use: the process then has a new id, and the state is still good. */
  #parseProcess(path: string, text: string): string | undefined {
    const { formatVersion, processId } = parseObject(text)
    if (typeof formatVersion === 'number' && formatVersion > FORMAT_VERSION) {
      throw new MillraceError(
        'MR_STATE_IO',
        `The state directory has format ${formatVersion}; this version knows ${FORMAT_VERSION}`,
        { hint: 'Use the version that wrote it, or another stateDir.', at: { path } },
      )
    }
    if (formatVersion === FORMAT_VERSION && typeof processId === 'string' && processId !== '')
      return processId
    this.#logger.warn('process.json cannot be read; this process gets a new id', { path })
    return undefined
  }

  async #writeOwner(): Promise<void> {
    try {
      const owner = { pid: process.pid, host: hostname() }
      await writeFile(join(this.#root, 'owner.json'), `${JSON.stringify(owner)}\n`)
    } catch (error) {
      // Only the error that another process gets is poorer for it; on a full disk this fails too.
      this.#logger.debug('owner.json was not written', { error })
    }
  }

  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#tasks)) {
      if (!name.startsWith(REMOVED_PREFIX)) continue
      await rm(join(this.#tasks, name), { recursive: true, force: true })
    }
  }

  async #io<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw stateIoError(error, path)
    }
  }
}

/** An error of the file system, with what to do about it. */
export function stateIoError(error: unknown, path: string): MillraceError {
  if (MillraceError.is(error)) return error
  const code = codeOf(error)
  return new MillraceError('MR_STATE_IO', `The state directory cannot be used: ${path}`, {
    cause: error,
    hint: HINTS.get(code ?? '') ?? 'Look at the cause, and check the disk.',
    at: { path, ...(code === undefined ? {} : { code }) },
  })
}

const PERMISSION =
  'Give the user of this process the right to write there, or set another stateDir.'
const NO_DIRECTORY = 'Set stateDir to a directory: something on this path is a file.'

const HINTS: ReadonlyMap<string, string> = new Map([
  ['EACCES', PERMISSION],
  ['EPERM', PERMISSION],
  ['EROFS', 'The file system is read-only: mount it for writing, or set another stateDir.'],
  ['ENOTDIR', NO_DIRECTORY],
  ['EEXIST', NO_DIRECTORY],
  ['ENOSPC', 'Make room on the disk.'],
])

function codeOf(error: unknown): string | undefined {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error
  return hasCode && typeof error.code === 'string' ? error.code : undefined
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {} // What the caller does about it is the same as for a field that is missing.
  }
}

/** After a crash the file is there as a whole, or not at all. */
async function writeAtomically(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  const file = await open(draft, 'wx')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}
