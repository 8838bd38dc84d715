import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StateBackend } from '@millrace/core'

/** Folders of the tasks of a backend that keeps state on disk. They are temporary, and go with the driver. */
export class TaskDirectories {
  readonly #persistent: boolean
  #root: string | undefined

  constructor({ persistent }: StateBackend) {
    this.#persistent = persistent
  }

  /** The same folder for the same task; '' for a backend that keeps nothing. */
  async of(taskId: string): Promise<string> {
    if (!this.#persistent) return ''
    this.#root ??= await mkdtemp(join(tmpdir(), 'millrace-test-'))
    return join(this.#root, taskId)
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const root = this.#root
    this.#root = undefined
    if (root !== undefined) await rm(root, { recursive: true, force: true })
  }
}
