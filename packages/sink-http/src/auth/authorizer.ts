import { createHmac } from 'node:crypto'
import type { Awaitable } from '@millrace/core'
import type { HttpRequest } from '../http-request.ts'
import type { Redactor } from '../redactor.ts'
import type { BasicAuth, BearerAuth, HmacAuth, HttpAuth } from './http-auth.ts'

/** Proves who sends a request. */
export interface Authorizer {
  /**
   * Headers for one attempt, names in lower case. Rejects with `MR_SINK_UNAVAILABLE` when credentials cannot be
   * had now, with `MR_SINK_FAILED` when a person must mend it.
   */
  headers(request: HttpRequest): Awaitable<Readonly<Record<string, string>>>
  /** The target refused what `headers` gave last: gets new credentials. Absent where there are no others. */
  refresh?(refused: Readonly<Record<string, string>>): Promise<void>
  /** Gets credentials before the first request, so that wrong ones are known early. */
  prepare?(): Promise<void>
}

/** Texts of `auth` that may not be shown. */
export function secretsOf(auth: HttpAuth): readonly string[] {
  switch (auth.kind) {
    case 'bearer':
      return typeof auth.token === 'string' ? [auth.token] : []
    case 'basic':
      return [auth.password, basicCredentials(auth.username, auth.password)]
    case 'oauth2':
      return [auth.clientSecret, basicCredentials(auth.clientId, auth.clientSecret)]
    case 'hmac':
      return typeof auth.secret === 'string' ? [auth.secret] : []
    case 'custom':
      return []
  }
}

/** Base64 of a name and a password. */
export const basicCredentials = (name: string, password: string): string =>
  Buffer.from(`${name}:${password}`).toString('base64')

export function bearerAuthorizer(auth: BearerAuth, redactor: Redactor): Authorizer {
  const { token } = auth
  if (typeof token === 'string') {
    const headers = { authorization: `Bearer ${token}` }
    return { headers: () => headers }
  }
  return {
    headers: async () => {
      const current = await token()
      redactor.add(current)
      return { authorization: `Bearer ${current}` }
    },
  }
}

export function basicAuthorizer(auth: BasicAuth): Authorizer {
  const headers = { authorization: `Basic ${basicCredentials(auth.username, auth.password)}` }
  return { headers: () => headers }
}

export function hmacAuthorizer(auth: HmacAuth, nowMs: () => number): Authorizer {
  const { secret, algorithm = 'sha256', encoding = 'hex', prefix = '', timestampHeader } = auth
  const header = (auth.header ?? 'x-signature').toLowerCase()
  return {
    headers(request) {
      const seconds = Math.floor(nowMs() / 1000)
      const hmac = createHmac(algorithm, secret)
      if (auth.payload !== undefined) {
        hmac.update(auth.payload(request, seconds))
      } else {
        if (timestampHeader !== undefined) hmac.update(`${seconds}.`)
        hmac.update(request.body ?? '')
      }
      const signature = prefix + hmac.digest(encoding)
      if (timestampHeader === undefined) return { [header]: signature }
      return { [header]: signature, [timestampHeader.toLowerCase()]: String(seconds) }
    },
  }
}
