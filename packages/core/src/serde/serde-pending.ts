import { MillraceError } from '../errors/millrace-error.ts'

/**
 * What a serde throws that cannot do its work yet, such as with a schema that is still to be fetched.
 *
 * Semantics: `ready` asks for what is missing, or joins in asking when that is under way: then it gives the same promise.
 * The task that has the record waits for it, other tasks go on, and then the same call comes again. The promise must
 * settle, and
 * - resolves when the next call would not ask for the same thing again, be its answer an error about the input;
 * - rejects with a `MillraceError`: with the action 'retry' `ready` is called again after a wait, until `taskTimeout`;
 *   any other one ends the app.
 * One that does not settle ends the app with `MR_TASK_TIMEOUT` after `taskTimeout`; before an external sink it is waited
 * for as long as it takes.
 */
export function serdePending(
  message: string,
  ready: () => Promise<void>,
  at: Readonly<Record<string, string | number>> = {},
): MillraceError {
  return new MillraceError('MR_SERDE_PENDING', message, {
    ready,
    hint: 'Call `ready` of this error, wait for its promise, and call again; whenReady() does so.',
    at,
  })
}

/** How to ask for what a call waits for; undefined for an error that waits for nothing. */
export function readyOf(error: unknown): (() => Promise<void>) | undefined {
  return MillraceError.is(error, 'MR_SERDE_PENDING') ? error.ready : undefined
}

/** Repeats a call for as long as it waits for a serde. @throws what it throws, or what it waits for rejects with */
export async function whenReady<T>(call: () => T | PromiseLike<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const ready = readyOf(error)
      if (ready === undefined) throw error
      await ready()
    }
  }
}
