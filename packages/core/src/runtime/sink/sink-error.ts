import { MillraceError } from '../../errors/millrace-error.ts'
import { withPlace } from '../../errors/with-place.ts'

/** Where something happened to a sink. */
export type SinkPlace = Readonly<Record<string, string | number>>

/**
 * An error of a sink's code as a MillraceError that names its place. One that is none was not foreseen there: tried
 * again, it would be for ever.
 */
export function sinkError(error: unknown, what: string, at: SinkPlace): MillraceError {
  if (MillraceError.is(error)) return withPlace(error, 'offset' in error.at ? withoutRange(at) : at)
  return new MillraceError('MR_SINK_FAILED', `${what} failed`, {
    cause: error,
    hint: 'Look at the cause. A sink rejects with a MillraceError what it has foreseen, so this may be a fault of it.',
    at,
  })
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
