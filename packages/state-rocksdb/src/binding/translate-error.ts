import { type ErrorCode, MillraceError } from '@millrace/core'

/** Whose state it is, and where: the `at` of every error. */
export interface StatePlace {
  readonly taskId: string
  readonly directory: string
}

const NO_SPACE = /No space left on device|Disk quota exceeded|File too large/i
/** The files of a database name each other: one that is missing is as bad as one that cannot be read. */
const MISSING_FILE = /No such file or directory.*\/(?:MANIFEST-|OPTIONS-|CURRENT|\d+\.(?:sst|log))/
/** What a database says of files of another version of RocksDB, or of none. */
const UNREADABLE = /^(?:Corruption|Invalid argument|Not implemented)\b/

/** An error of RocksDB as one of Millrace's. What it is not is given back as it is. */
export function translateError(error: unknown, doing: string, place: StatePlace): unknown {
  if (!(error instanceof Error) || error instanceof TypeError || MillraceError.is(error))
    return error
  const { code, problem, hint } = meaningOf(error)
  const message = `${doing} failed for the state of task ${place.taskId}: ${problem}`
  return new MillraceError(code, message, { cause: error, hint, at: { ...place } })
}

interface Meaning {
  readonly code: ErrorCode
  readonly problem: string
  readonly hint: string
}

function meaningOf(error: Error): Meaning {
  const status = 'code' in error ? error.code : undefined
  const text = error.message
  if (NO_SPACE.test(text)) {
    return {
      code: 'MR_STATE_DISK_FULL',
      problem: 'the disk is full',
      hint: 'Make room on the disk of the directory; what was applied before is intact.',
    }
  }
  if (status === 'LEVEL_LOCKED') {
    return {
      code: 'MR_STATE_IO',
      problem: 'the directory is in use',
      hint: 'Give each process a state directory of its own, and wait for the one before to end.',
    }
  }
  if (status === 'LEVEL_CORRUPTION' || MISSING_FILE.test(text) || UNREADABLE.test(text)) {
    return corrupt('its files cannot be read')
  }
  return {
    code: 'MR_STATE_IO',
    problem: 'the file system refused',
    hint: 'Check that the directory can be read and written, and that its disk is sound.',
  }
}

function corrupt(problem: string): Meaning {
  return {
    code: 'MR_STATE_CORRUPT',
    problem,
    hint: 'Delete the directory: the state is rebuilt from the changelog. If it comes again check the disk.',
  }
}

/** For what Millrace itself finds wrong in a database. */
export function corruptState(problem: string, place: StatePlace): MillraceError {
  const { code, hint } = corrupt(problem)
  const message = `The state of task ${place.taskId} cannot be read: ${problem}`
  return new MillraceError(code, message, { hint, at: { ...place } })
}
