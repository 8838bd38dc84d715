import type { HttpOutcome } from './http-sink-options.ts'

/** What the meaning of a status depends on. */
export interface ClassifyContext {
  /** The request carried an idempotency key. */
  readonly hasKey: boolean
  /** What 401 and 403 mean. */
  readonly unauthorized: 'fail' | 'reject' | 'retry'
}

/** Asked to wait, or too early. 421 (another connection) is the same request again. */
const RETRIED_4XX: ReadonlySet<number> = new Set([408, 421, 425, 429])
/** The server has no such method or version, today as tomorrow. */
const REFUSED_5XX: ReadonlySet<number> = new Set([501, 505])

/** What a status means. The README has it as a table. */
export function outcomeOfStatus(status: number, context: ClassifyContext): HttpOutcome {
  if (status >= 200 && status < 300) return 'done'
  if (status === 401 || status === 403) return context.unauthorized
  // A proxy that wants credentials, and an address that has moved, are the same for all records.
  if (status === 407 || isRedirect(status)) return 'fail'
  if (RETRIED_4XX.has(status)) return 'retry'
  // A request of this key is under way. Without a key it is a conflict of the record's own.
  if (status === 409) return context.hasKey ? 'retry' : 'reject'
  if (status >= 500) return REFUSED_5XX.has(status) ? 'reject' : 'retry'
  return 'reject'
}

/** The target is elsewhere. 304 is not that. */
export const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308

/** What a person can do about an answer. */
export function hintOfStatus(status: number): string {
  const hint = HINTS[status]
  if (hint !== undefined) return hint
  if (isRedirect(status)) {
    return "Set `url` to where the target is now, or `redirects: 'follow'` for 307 and 308 within one origin."
  }
  return 'Look at the answer in the cause; mend the record or the target, or decide it in `classify`.'
}

const HINTS: Readonly<Record<number, string>> = {
  400: 'Compare url, headers and body with what the target expects; the answer in the cause may tell.',
  401: "Check `auth`: the target does not accept the credentials. `onUnauthorized: 'retry'` waits for new ones.",
  403: "Grant the credentials what they need. `onUnauthorized: 'reject'` takes it as a refusal of single records.",
  404: 'Check `url`: the target has nothing there, or not for this record.',
  405: 'Check `method`: the target does not have it for this URL.',
  407: 'A proxy wants credentials; the sink has none for proxies.',
  409: 'The target says that the record conflicts with what it has, or still works on its first request.',
  413: 'The body is too large for the target: send less of the record with `body`, or lower `batch.maxRecords`.',
  415: 'Set the header `content-type` to what the target takes.',
  422: 'The target refuses the content, or has seen its idempotency key with another one: then let `key` depend on the content.',
}
