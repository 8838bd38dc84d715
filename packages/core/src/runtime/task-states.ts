import type { Awaitable } from '../base/awaitable.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Logger } from '../observe/logger.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import type {
  ChangelogPosition,
  CommittedEntries,
  StateBackend,
  StoreBatch,
  TaskState,
} from '../state/state-backend.ts'
import type { StateDirectory } from '../state/state-directory.ts'
import type { Clock } from '../time/clock.ts'

export interface TaskStatesParts {
  readonly backend: StateBackend
  /** Open. A persistent backend needs one. */
  readonly directory: StateDirectory | undefined
  /** How long the state of a task is kept that nobody has open. */
  readonly cleanupDelayMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/** How often directories are looked at, at most. */
const LONGEST_CHECK_INTERVAL_MS = 60_000

/**
 * The states of an app's tasks, open or kept, through all lives of its member.
 *
 * Semantics: {@link open} gives a state that can be read: one that is corrupt is deleted, and begins
 * empty, to be restored from its changelogs. What is kept of a task that nobody opened for
 * `cleanupDelayMs` is deleted in the background of {@link check}.
 *
 * Invariants: a task's directory is touched by one of these at a time: its open state, its deletion.
 * Time before this process began does not count against a task: it could not have been opened.
 */
export class TaskStates {
  readonly #parts: TaskStatesParts
  readonly #inMemory = inMemory()
  readonly #startedMs: number
  readonly #open = new Set<string>()
  readonly #closedAtMs = new Map<string, number>()
  readonly #removals = new Map<string, Promise<void>>()
  #lastCheckMs: number
  #checking: Promise<void> | undefined

  constructor(parts: TaskStatesParts) {
    this.#parts = parts
    this.#startedMs = parts.clock.nowMs()
    this.#lastCheckMs = this.#startedMs
  }

  /** True when the states outlive the process. */
  get isPersistent(): boolean {
    return this.#parts.backend.persistent
  }

  /** To be closed by the caller, once. @throws MillraceError of {@link StateBackend.open} */
  async open(taskId: string, stores: readonly string[]): Promise<TaskState> {
    const { backend, directory } = this.#parts
    if (stores.length === 0) return this.#inMemory.open({ taskId, stores, directory: '' })
    if (!backend.persistent || directory === undefined)
      return backend.open({ taskId, stores, directory: '' })
    if (this.#open.has(taskId)) throw new TypeError(`the state of task ${taskId} is open already`)
    // First: from now on the clean-up lets it be.
    this.#open.add(taskId)
    try {
      await this.#removals.get(taskId)
      const state = await this.#openOrReplace(taskId, stores, directory)
      return new HeldState(state, () => this.#closed(taskId))
    } catch (error) {
      this.#open.delete(taskId)
      throw error
    }
  }

  /** Deletes what is kept of a task that was found corrupt. Nothing, if it is open. */
  async discard(taskId: string): Promise<void> {
    const { directory, logger } = this.#parts
    if (directory === undefined || this.#open.has(taskId)) return
    logger.warn(`the state of task ${taskId} is corrupt; it is deleted, and restored`, {
      task: taskId,
    })
    await this.#remove(taskId, directory)
  }

  /** Tasks of which there is something on disk, open or not. @throws MillraceError `MR_STATE_IO` */
  async stored(): Promise<readonly string[]> {
    const { backend, directory } = this.#parts
    if (!backend.persistent || directory === undefined) return []
    return (await directory.tasks()).map(({ taskId }) => taskId)
  }

  /** Deletes, in the background, what was not in use for long. */
  check(): void {
    const { clock, cleanupDelayMs, directory } = this.#parts
    const now = clock.nowMs()
    const intervalMs = Math.min(cleanupDelayMs / 2, LONGEST_CHECK_INTERVAL_MS)
    if (directory === undefined || this.#checking !== undefined) return
    if (now - this.#lastCheckMs < intervalMs) return
    this.#lastCheckMs = now
    this.#checking = this.#cleanUp(directory)
  }

  /** Waits for what goes on in the background. */
  async close(): Promise<void> {
    await this.#checking
    await Promise.all(this.#removals.values())
  }

  async #openOrReplace(
    taskId: string,
    stores: readonly string[],
    directory: StateDirectory,
  ): Promise<TaskState> {
    const { backend, logger } = this.#parts
    const request = { taskId, stores, directory: directory.taskDirectory(taskId) }
    try {
      return await backend.open(request)
    } catch (error) {
      if (!MillraceError.is(error, 'MR_STATE_CORRUPT')) throw error
      logger.warn(`${error.message}; it is deleted, and restored from the changelog`, {
        task: taskId,
        ...error.at,
        cause: error.cause,
      })
      await this.#remove(taskId, directory)
      return backend.open(request)
    }
  }

  async #closed(taskId: string): Promise<void> {
    this.#closedAtMs.set(taskId, this.#parts.clock.nowMs())
    await this.#parts.directory?.touch(taskId)
    this.#open.delete(taskId)
  }

  async #cleanUp(directory: StateDirectory): Promise<void> {
    const { logger, cleanupDelayMs } = this.#parts
    try {
      for (const { taskId, lastUsedMs } of await directory.tasks()) {
        if (this.#open.has(taskId) || this.#unusedMs(taskId, lastUsedMs) < cleanupDelayMs) continue
        await this.#remove(taskId, directory)
        logger.info(`the state of task ${taskId} is deleted: it was not in use`, {
          task: taskId,
          cleanupDelayMs,
        })
      }
    } catch (error) {
      logger.warn('deleting unused state failed; it is tried again', { error })
    } finally {
      this.#checking = undefined
    }
  }

  #unusedMs(taskId: string, lastUsedMs: number): number {
    const closedMs = this.#closedAtMs.get(taskId) ?? this.#startedMs
    return this.#parts.clock.nowMs() - Math.max(lastUsedMs, closedMs)
  }

  async #remove(taskId: string, directory: StateDirectory): Promise<void> {
    const removal = directory.remove(taskId)
    // A task that is opened meanwhile waits for it, and finds out for itself what came of it.
    this.#removals.set(
      taskId,
      removal.catch(() => undefined),
    )
    try {
      await removal
    } finally {
      this.#removals.delete(taskId)
    }
  }
}

/** Tells when it is closed. Entries are the backend's own: reads pay nothing for it. */
class HeldState implements TaskState {
  readonly #state: TaskState
  readonly #onClosed: () => Promise<void>
  #closing: Promise<void> | undefined

  constructor(state: TaskState, onClosed: () => Promise<void>) {
    this.#state = state
    this.#onClosed = onClosed
  }

  entries(store: string): CommittedEntries {
    return this.#state.entries(store)
  }

  position(store: string): ChangelogPosition | undefined {
    return this.#state.position(store)
  }

  apply(
    batches: readonly StoreBatch[],
    positions: ReadonlyMap<string, ChangelogPosition>,
  ): Awaitable<void> {
    return this.#state.apply(batches, positions)
  }

  clear(store: string): Awaitable<void> {
    return this.#state.clear(store)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      await this.#state.close()
    } finally {
      await this.#onClosed()
    }
  }
}
