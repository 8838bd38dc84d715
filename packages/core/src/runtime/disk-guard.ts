import { MillraceError } from '../errors/millrace-error.ts'
import type { Logger } from '../observe/logger.ts'
import type { Scheduler } from '../time/clock.ts'
import { wait } from '../time/wait.ts'

export interface DiskGuardParts {
  /** Bytes that may still be written to the state directory. */
  readonly freeBytes: () => Promise<number>
  /** The state directory, for the log. */
  readonly path: string
  readonly scheduler: Scheduler
  readonly logger: Logger
}

/** A look at the disk is a system call, and commits come ten times a second. */
const LOOK_EVERY_MS = 1000

/** A byte of state is written to the log of the store, then to a table, and again by compaction. */
const BYTES_PER_BYTE = 3

/** Kept free: compaction writes new tables before it deletes the old ones. */
const RESERVE_BYTES = 32 * 1024 * 1024

/**
 * Tells whether the state directory has room for what the next commit is going to write there.
 *
 * Why before the commit: after it the state has to take the writes. A disk that is full then costs the
 * member a life, and the task a replay of its changelog, for which there is no room either.
 *
 * Semantics: {@link hasRoom} says no once there is too little, and then until there is as much as was
 * missing: a transaction that was given up meanwhile would otherwise begin, and be given up, for ever.
 */
export class DiskGuard {
  readonly #parts: DiskGuardParts
  #freeBytes = 0
  #lookedAtMs = -Infinity
  /** Of commits since the last look. */
  #writtenBytes = 0
  #missing: { readonly neededBytes: number; readonly sinceMs: number } | undefined

  constructor(parts: DiskGuardParts) {
    this.#parts = parts
  }

  /** How long there has been no room, as {@link hasRoom} found last; undefined when there is. */
  get fullForMs(): number | undefined {
    if (this.#missing === undefined) return undefined
    return this.#parts.scheduler.nowMs() - this.#missing.sinceMs
  }

  /** @throws MillraceError `MR_STATE_IO` */
  async hasRoom(uncommittedBytes: number): Promise<boolean> {
    const neededBytes = Math.max(
      RESERVE_BYTES + uncommittedBytes * BYTES_PER_BYTE,
      this.#missing?.neededBytes ?? 0,
    )
    const now = this.#parts.scheduler.nowMs()
    if (now - this.#lookedAtMs < LOOK_EVERY_MS) {
      if (this.#missing !== undefined) return false
      if (this.#freeBytes - this.#writtenBytes * BYTES_PER_BYTE >= neededBytes) return true
    }
    this.#lookedAtMs = now
    this.#freeBytes = await this.#parts.freeBytes()
    this.#writtenBytes = 0
    this.#note(neededBytes)
    return this.#missing === undefined
  }

  /** A commit has written so much. */
  wrote(bytes: number): void {
    this.#writtenBytes += bytes
  }

  #note(neededBytes: number): void {
    const { logger, path, scheduler } = this.#parts
    const freeBytes = this.#freeBytes
    const isFull = freeBytes < neededBytes
    if (isFull && this.#missing === undefined) {
      this.#missing = { neededBytes, sinceMs: scheduler.nowMs() }
      const error = diskFull(path, neededBytes, freeBytes)
      logger.error(`${error.message}; processing stands still until there is room`, {
        code: error.code,
        hint: error.hint,
        ...error.at,
      })
    } else if (!isFull && this.#missing !== undefined) {
      this.#missing = undefined
      logger.info('the state directory has room again; processing goes on', { path, freeBytes })
    }
  }
}

/** Waits until the state directory has its reserve. @throws MillraceError `MR_STATE_IO` */
export async function untilRoom(
  { freeBytes, path, scheduler, logger }: DiskGuardParts,
  signal: AbortSignal,
): Promise<void> {
  let isTold = false
  while (!signal.aborted) {
    const free = await freeBytes()
    if (free >= RESERVE_BYTES) return
    if (!isTold) {
      logger.warn('waiting for room in the state directory', {
        path,
        neededBytes: RESERVE_BYTES,
        freeBytes: free,
      })
      isTold = true
    }
    await wait(scheduler, LOOK_EVERY_MS, signal)
  }
}

function diskFull(path: string, neededBytes: number, freeBytes: number): MillraceError {
  return new MillraceError(
    'MR_STATE_DISK_FULL',
    `The disk of the state directory is full: ${freeBytes} bytes are free, ${neededBytes} are needed`,
    {
      hint: 'Make room on the disk; nothing is lost meanwhile.',
      at: { path, freeBytes, neededBytes },
    },
  )
}
