import { type ErrorCode, MillraceError } from '@millrace/core'
import assert from 'node:assert/strict'

/** Asserts that a write was refused because another writer owns the partition. */
export function assertFenced(error: unknown): void {
  assertCode(error, 'MR_SINK_FENCED')
}

export function assertCode(error: unknown, code: ErrorCode): void {
  if (MillraceError.is(error, code)) return
  assert.fail(`expected ${code}, and got ${describe(error)}`)
}

/** Asserts that the same call may succeed later. */
export function assertRetry(error: unknown): void {
  if (MillraceError.is(error) && error.action === 'retry') return
  assert.fail(`expected an error with action 'retry', and got ${describe(error)}`)
}

/** Asserts that an error is one that the runtime knows what to do with. */
export function assertMillraceError(error: unknown): void {
  if (!MillraceError.is(error)) assert.fail(`expected a MillraceError, and got ${describe(error)}`)
}

function describe(error: unknown): string {
  if (error === undefined) return 'success'
  if (!(error instanceof Error)) return JSON.stringify(error)
  const code = 'code' in error ? String(error.code) : 'no code'
  return `${code}: ${error.stack ?? error.message}`
}
