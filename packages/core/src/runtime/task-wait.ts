import { Backoff } from '../base/backoff.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import type { Logger } from '../observe/logger.ts'
import { readyOf } from '../serde/serde-pending.ts'
import type { Clock } from '../time/clock.ts'
import type { TaskEnvironment } from './task-environment.ts'

export interface TaskWaitParts {
  readonly taskId: string
  readonly clock: Clock
  readonly logger: Logger
  /** In [0, 1). */
  readonly random: () => number
  /** How long a failure is tried again. */
  readonly timeoutMs: number
}

/** A registry that is down is asked again after this; it doubles. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5000

/** Asks for something, or joins in asking; undefined when it is there. */
type Ask = () => Promise<void> | undefined

/**
 * What a task waits for before it goes on: serdes that threw `serdePending`.
 *
 * Semantics: while anything is missing the task takes no record and calls no punctuator; other tasks go on. After a
 * failure that can be tried again it is asked again here, after a pause: were the task to try its record, each try would
 * abort the transaction of all tasks when the record cannot be encoded. It outlives a roll-back, which is what
 * often comes with it.
 */
export class TaskWait {
  readonly #parts: TaskWaitParts
  readonly #backoff: Backoff
  /** With the time at which each was asked for. */
  readonly #underWay = new Map<Promise<void>, number>()
  /** What is to be asked for again after the pause. */
  #failed: Ask[] = []
  /** Since when nothing that was waited for has come. */
  #sinceMs: number | undefined
  #pausedUntilMs = 0
  #failure: { readonly error: unknown } | undefined

  constructor(parts: TaskWaitParts) {
    this.#parts = parts
    this.#backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS, parts.random)
  }

  static of(taskId: string, environment: TaskEnvironment): TaskWait {
    const { clock, logger, random = Math.random, taskTimeoutMs = Infinity } = environment
    return new TaskWait({ taskId, clock, logger, random, timeoutMs: taskTimeoutMs })
  }

  /** False too when {@link check} would throw. */
  get isWaiting(): boolean {
    return this.#failure === undefined && this.#underWay.size + this.#failed.length > 0
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** Asks again when the pause is over, and fails what has been under way for too long. To be called often. */
  goOn(): void {
    if (this.#underWay.size + this.#failed.length === 0) return
    const { clock, taskId, timeoutMs } = this.#parts
    const nowMs = clock.nowMs()
    // What failed before has its own error, and is given up when it fails again.
    const lateMs = nowMs - Math.min(...this.#underWay.values())
    if (lateMs >= timeoutMs) {
      this.#failure = { error: unanswered(taskId, lateMs) }
      this.#underWay.clear()
      this.#failed = []
    } else if (nowMs >= this.#pausedUntilMs) {
      for (const ask of this.#failed.splice(0)) this.begin(ask)
    }
  }

  /** @throws what the task has waited for in vain */
  check(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error as Error
  }

  /** Waits for what an error says is to be waited for; false when it says nothing of the kind. */
  beginFor(error: unknown): boolean {
    const ready = readyOf(error)
    if (ready !== undefined) this.begin(ready)
    return ready !== undefined
  }

  begin(ask: Ask): void {
    const ready = ask()
    if (ready === undefined || this.#underWay.has(ready)) return
    const nowMs = this.#parts.clock.nowMs()
    this.#sinceMs ??= nowMs
    this.#underWay.set(ready, nowMs)
    ready.then(
      () => {
        this.#underWay.delete(ready)
        this.#sinceMs = undefined
        this.#backoff.reset()
      },
      (error: unknown) => {
        this.#underWay.delete(ready)
        this.#noteFailure(ask, error)
      },
    )
  }

  /**
   * Resolves when nothing is under way, and waits for nothing any more: for those whose clock does not move by itself.
   * @throws what failed, be it worth another try or not
   */
  async settle(): Promise<void> {
    for (const ask of this.#failed.splice(0)) this.begin(ask)
    const results = await Promise.allSettled(this.#underWay.keys())
    this.#failed = []
    this.check()
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #noteFailure(ask: Ask, error: unknown): void {
    const { clock, logger, taskId, timeoutMs } = this.#parts
    if (!MillraceError.is(error) || error.action !== 'retry') {
      this.#failure = { error }
      return
    }
    const now = clock.nowMs()
    const spentMs = now - (this.#sinceMs ?? now)
    if (spentMs >= timeoutMs) {
      this.#failure = { error: timedOut(taskId, spentMs, error) }
      return
    }
    const waitMs = this.#backoff.nextMs()
    this.#pausedUntilMs = now + waitMs
    this.#failed.push(ask)
    logger.warn(`task ${taskId} waits: ${error.message}; trying again in ${waitMs} ms`, {
      code: error.code,
      task: taskId,
      ...error.at,
    })
  }
}

function timedOut(taskId: string, spentMs: number, cause: MillraceError): MillraceError {
  return new MillraceError(
    'MR_TASK_TIMEOUT',
    `Task ${taskId} has waited ${Math.round(spentMs / 1000)} s for what its serdes need`,
    {
      cause,
      hint: 'Look at the cause, or raise taskTimeout.',
      at: { task: taskId, ...cause.at },
    },
  )
}

function unanswered(taskId: string, spentMs: number): MillraceError {
  return new MillraceError(
    'MR_TASK_TIMEOUT',
    `Task ${taskId} has waited ${Math.round(spentMs / 1000)} s for what its serdes asked for, which has neither come nor failed`,
    {
      hint: 'Give what the serde asks, such as the client of a schema registry, a time-out of its own.',
      at: { task: taskId },
    },
  )
}
