import type { HttpMethod } from './http-sink-options.ts'

/** A request as it goes out, but for what `auth` adds to it. */
export interface HttpRequest {
  readonly method: HttpMethod
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query, encoded. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

/** Letters and digits mixed, long: a token of a webhook rather than a word or a number. */
const TOKEN = /^(?=.*\d)(?=.*[A-Za-z])[^/]{16,}$/
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** The URL as it may be shown: without its query, and without segments that look like tokens. */
export function shownUrl(request: Pick<HttpRequest, 'origin' | 'path'>): string {
  const [path = ''] = request.path.split('?', 1)
  const segments = path.split('/').map((segment) => {
    return TOKEN.test(segment) && !UUID.test(segment) ? '***' : segment
  })
  return request.origin + segments.join('/')
}
