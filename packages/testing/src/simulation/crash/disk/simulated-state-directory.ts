import { MillraceError } from '@millrace/core'
import type { StateDirectory, StoredTask } from '@millrace/core/internal'
import type { SimulatedProcess } from '../../time/simulated-process.ts'
import type { SimulatedDisk } from './simulated-disk.ts'

/** More than any run writes. */
const FREE_BYTES = 1024 ** 4
const LATENCY_MS = 0.5

/** The state directory of one process, on a disk that stays. */
export class SimulatedStateDirectory implements StateDirectory {
  readonly #disk: SimulatedDisk
  readonly #process: SimulatedProcess

  constructor(disk: SimulatedDisk, process: SimulatedProcess) {
    this.#disk = disk
    this.#process = process
  }

  get processId(): string {
    return this.#disk.processId
  }

  async open(): Promise<void> {
    await this.#turn('directory.open')
    const { owner } = this.#disk
    if (owner?.isAlive === true && owner !== this.#process) {
      throw new MillraceError('MR_STATE_DIR_IN_USE', `${this.#disk.name} is used by ${owner.name}`)
    }
    this.#disk.owner = this.#process
  }

  taskDirectory(taskId: string): string {
    return taskId
  }

  async tasks(): Promise<readonly StoredTask[]> {
    await this.#turn('directory.tasks')
    return this.#disk.places.map((taskId) => ({
      taskId,
      lastUsedMs: this.#disk.lastUsedMs(taskId),
    }))
  }

  async remove(taskId: string): Promise<void> {
    await this.#turn('directory.remove')
    this.#disk.remove(taskId)
  }

  async touch(taskId: string): Promise<void> {
    await this.#turn('directory.touch')
    this.#disk.touch(taskId, this.#process.nowMs())
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(FREE_BYTES)
  }

  close(): Promise<void> {
    if (this.#disk.owner === this.#process) this.#disk.owner = undefined
    return Promise.resolve()
  }

  #turn(operation: string): Promise<void> {
    return new Promise((resolve) => {
      this.#process.complete(LATENCY_MS, operation, resolve)
    })
  }
}
