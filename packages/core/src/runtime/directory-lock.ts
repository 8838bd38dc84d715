import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { MillraceError } from '../errors/millrace-error.ts'

/** SQLite's result codes, without the extension in the upper bits. */
const SQLITE_BUSY = 5

/**
 * A directory that one process at a time may use.
 *
 * Semantics: {@link acquire} never waits. The kernel gives the lock up when the process ends in
 * whatever way; there is nothing to clean up, and no pid that another process could have by now.
 *
 * Why SQLite: Node has neither flock nor fcntl, and SQLite's EXCLUSIVE transaction is a write lock of
 * fcntl on the file (LockFileEx on Windows). It is asked for and got in one step of the kernel, so two
 * processes that start at the same moment cannot both have it, and it belongs to the inode: containers
 * that share a volume on one machine see each other's, whatever their pids. SQLite also keeps apart
 * two users within one process, which fcntl alone does not. Nothing is ever written to the file.
 * Across machines it is as good as the locks of the network file system (docs/adr/0009-directory-lock.md).
 *
 * Loaded late: without a state directory nothing of it is needed, and Node 22 warns that it is new.
 */
export class DirectoryLock {
  readonly #directory: string
  #database: DatabaseSync | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  get isHeld(): boolean {
    return this.#database !== undefined
  }

  /** @throws MillraceError `MR_STATE_DIR_IN_USE`, `MR_STATE_IO` */
  async acquire(): Promise<void> {
    const { DatabaseSync: Database } = await import('node:sqlite')
    const path = join(this.#directory, 'lock')
    let database: DatabaseSync | undefined
    try {
      database = new Database(path)
      database.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      database?.close()
      if (resultCode(error) === SQLITE_BUSY) throw await this.#inUse(error)
      throw new MillraceError('MR_STATE_IO', `The state directory cannot be locked: ${path}`, {
        cause: error,
        hint: 'Check that this process may write there, and that the file system has locks.',
        at: { path },
      })
    }
    this.#database = database
  }

  /** Idempotent. */
  release(): void {
    const database = this.#database
    this.#database = undefined
    database?.close()
  }

  async #inUse(cause: unknown): Promise<MillraceError> {
    const owner = await this.#owner()
    const who = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`
    return new MillraceError(
      'MR_STATE_DIR_IN_USE',
      `The state directory ${this.#directory} is in use by ${who}`,
      {
        cause,
        hint: 'Give each process a stateDir of its own, or stop the other one.',
        at: { path: this.#directory, ...owner },
      },
    )
  }

  /** What the owner wrote. It may just have begun, or have failed to write. */
  async #owner(): Promise<{ readonly pid: number; readonly host: string } | undefined> {
    try {
      const text = await readFile(join(this.#directory, 'owner.json'), 'utf8')
      const owner: unknown = JSON.parse(text)
      if (typeof owner !== 'object' || owner === null) return undefined
      if (!('pid' in owner && 'host' in owner)) return undefined
      return { pid: Number(owner.pid), host: String(owner.host) }
    } catch {
      return undefined // The lock says that there is an owner; who it is only helps.
    }
  }
}

function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}
