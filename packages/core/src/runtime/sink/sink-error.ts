import { MillraceError } from '../../errors/millrace-error.ts'

/** Where something happened to a sink. */
export type SinkPlace = Readonly<Record<string, string | number>>

/**
 * An error of a sink's code as a MillraceError. One that is none was not foreseen there: tried again, it would be
 * for ever.
 */
export function sinkError(error: unknown, what: string, at: SinkPlace): MillraceError {
  if (MillraceError.is(error)) return error
  return new MillraceError('MR_SINK_FAILED', `${what} failed`, {
    cause: error,
    hint: 'Look at the cause. A sink rejects with a MillraceError what it has foreseen, so this may be a fault of it.',
    at,
  })
}

/** Whether the same call may succeed later, without anybody's help. */
export function mayBeTriedAgain(error: MillraceError): boolean {
  return error.action === 'retry' || error.action === 'abort'
}
