import type { HttpAnswer } from './http-answer.ts'
import { isRedirect } from './classify.ts'
import type { HttpRequest } from './http-request.ts'

/** More is a loop. */
const MAX_REDIRECTS = 5

/**
 * Sends a request, and again where 307 or 308 points within its origin. All other redirects are answers: 301,
 * 302 and 303 would make a GET of it, which loses the record, and another origin would get the credentials.
 */
export async function sendFollowing(
  request: HttpRequest,
  send: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  let current = request
  for (let followed = 0; ; followed++) {
    const answer = await send(current)
    const path = followed < MAX_REDIRECTS ? nextPath(current, answer) : undefined
    if (path === undefined) return answer
    current = { ...current, path }
  }
}

function nextPath(request: HttpRequest, answer: HttpAnswer): string | undefined {
  const { status, headers } = answer
  const location = headers['location']
  if (!isRedirect(status) || location === undefined) return undefined
  if (status !== 307 && status !== 308) return undefined
  const base = request.origin + request.path
  if (!URL.canParse(location, base)) return undefined
  const url = new URL(location, base)
  const hasUser = url.username !== '' || url.password !== ''
  return url.origin === request.origin && !hasUser ? url.pathname + url.search : undefined
}
