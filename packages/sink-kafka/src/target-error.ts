import { type ErrorCode, MillraceError, type ErrorDetail } from '@millrace/core'

type Place = NonNullable<ErrorDetail['at']>

/** What an error of the target cluster's client is to the runtime of sinks. */
const SINK_CODES: Readonly<Record<MillraceError['action'], ErrorCode>> = {
  retry: 'MR_SINK_UNAVAILABLE',
  // The transaction is lost, and the batch can be written again in another.
  abort: 'MR_SINK_UNAVAILABLE',
  fence: 'MR_SINK_FENCED',
  fail: 'MR_SINK_FAILED',
}

/** The same error, said of the sink: `at` names the cluster, `cause` is what its client said. */
export function targetError(error: unknown, what: string, place: Place): MillraceError {
  if (MillraceError.is(error) && error.code.startsWith('MR_SINK_')) return error
  const action = MillraceError.is(error) ? error.action : 'fail'
  const said = MillraceError.is(error) ? error : undefined
  const at = { ...said?.at, ...place, ...(said === undefined ? {} : { targetCode: said.code }) }
  return new MillraceError(SINK_CODES[action], `${what} failed in the target cluster`, {
    cause: error,
    hint: HINTS[action] ?? said?.hint ?? 'Look at the cause.',
    at,
  })
}

const HINTS: Partial<Record<MillraceError['action'], string>> = {
  retry: 'Check that the brokers of the target cluster are up and reachable; it is tried again.',
  abort: 'Nothing: the batch is written again.',
  fence:
    'Nothing, if a process was replaced. If it repeats, two applications write under one sink id.',
}
