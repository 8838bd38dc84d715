import { MillraceError } from '../../errors/millrace-error.ts'

/** Where something happened to a sink. */
export type SinkPlace = Readonly<Record<string, string | number>>

/**
 * An error of a sink's code as a MillraceError that names its place. One that is none was not foreseen there: tried
 * again, it would be for ever.
 */
export function sinkError(error: unknown, what: string, at: SinkPlace): MillraceError {
  if (MillraceError.is(error)) return placed(error, at)
  return new MillraceError('MR_SINK_FAILED', `${what} failed`, {
    cause: error,
    hint: 'Look at the cause. A sink rejects with a MillraceError what it has foreseen, so this may be a fault of it.',
    at,
  })
}

/** The error itself when it names its place already. What it says of it counts. */
function placed(error: MillraceError, place: SinkPlace): MillraceError {
  const at = { ...('offset' in error.at ? withoutRange(place) : place), ...error.at }
  if (Object.keys(at).length === Object.keys(error.at).length) return error
  const { code, message, cause, hint, stack } = error
  const detail = { cause, at, ...(hint !== undefined && { hint }) }
  const copy = new MillraceError(code, message, detail)
  return stack === undefined ? copy : Object.assign(copy, { stack })
}

/** Of one record, the batch that it was in is of no interest. */
function withoutRange(place: SinkPlace): SinkPlace {
  const range: readonly string[] = ['firstOffset', 'lastOffset']
  return Object.fromEntries(Object.entries(place).filter(([name]) => !range.includes(name)))
}

/** Whether the same call may succeed later, without anybody's help. */
export function mayBeTriedAgain(error: MillraceError): boolean {
  return error.action === 'retry' || error.action === 'abort'
}
