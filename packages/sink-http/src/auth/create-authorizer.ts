import { durationToMs } from '@millrace/core/internal'
import { type Authorizer, basicAuthorizer, bearerAuthorizer, hmacAuthorizer } from './authorizer.ts'
import type { CustomAuth, HttpAuth } from './http-auth.ts'
import { OAuth2Authorizer, type OAuth2Parts } from './oauth2-authorizer.ts'

/** What all kinds together stand on. */
export type AuthorizerParts = Omit<OAuth2Parts, 'auth' | 'refreshBeforeMs'>

/** Makes what adds the credentials of `auth` to requests. */
export function createAuthorizer(auth: HttpAuth | undefined, parts: AuthorizerParts): Authorizer {
  switch (auth?.kind) {
    case undefined:
      return { headers: () => ({}) }
    case 'bearer':
      return bearerAuthorizer(auth, parts.redactor)
    case 'basic':
      return basicAuthorizer(auth)
    case 'hmac':
      return hmacAuthorizer(auth, () => parts.clock.nowMs())
    case 'custom':
      return customAuthorizer(auth)
    case 'oauth2': {
      const refreshBeforeMs = durationToMs(auth.refreshBefore ?? '1 minute')
      return new OAuth2Authorizer({ ...parts, auth, refreshBeforeMs })
    }
  }
}

function customAuthorizer(auth: CustomAuth): Authorizer {
  const { authorize, refresh } = auth
  const authorizer: Authorizer = {
    async headers(request) {
      const given = Object.entries(await authorize(request))
      return Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]))
    },
  }
  if (refresh === undefined) return authorizer
  return {
    ...authorizer,
    refresh: async () => {
      await refresh()
    },
  }
}

/** What is wrong with `auth`. */
export function authProblems(auth: HttpAuth | undefined): readonly string[] {
  switch (auth?.kind) {
    case undefined:
      return []
    case 'bearer':
      return typeof auth.token !== 'string' || /^[\x21-\x7e]+$/.test(auth.token)
        ? []
        : ['auth: the token is empty or has characters that no header may have']
    case 'basic':
      return problemIf(auth.username.includes(':'), 'a user name may have no colon')
    case 'hmac':
      return problemIf(auth.secret.length === 0, 'the secret is empty')
    case 'oauth2':
      return [
        ...problemIf(!isHttpUrl(auth.tokenUrl), 'tokenUrl is no URL of http or https'),
        ...problemIf(auth.clientId === '', 'clientId is empty'),
      ]
    case 'custom':
      return problemIf(typeof auth.authorize !== 'function', 'authorize is no function')
    default:
      return ['auth: its kind is none of bearer, basic, oauth2, hmac, custom']
  }
}

const problemIf = (isProblem: boolean, problem: string): readonly string[] =>
  isProblem ? [`auth: ${problem}`] : []

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}
