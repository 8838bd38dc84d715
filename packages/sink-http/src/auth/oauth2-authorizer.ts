import { MillraceError } from '@millrace/core'
import type { Clock } from '@millrace/core'
import { excerptOf, type HttpAnswer, HttpAnswerError } from '../http-answer.ts'
import type { HttpRequest } from '../http-request.ts'
import type { Redactor } from '../redactor.ts'
import { connectionError, type Transport } from '../transport.ts'
import { type Authorizer, basicCredentials } from './authorizer.ts'
import type { OAuth2Auth } from './http-auth.ts'

/** What {@link OAuth2Authorizer} stands on. */
export interface OAuth2Parts {
  readonly auth: OAuth2Auth
  readonly refreshBeforeMs: number
  readonly transport: Pick<Transport, 'send'>
  readonly clock: Clock
  readonly redactor: Redactor
  /** Ends a request for a token that nobody needs any more. */
  readonly closed: AbortSignal
}

interface Token {
  readonly header: string
  /** From then on a new one is asked for. */
  readonly refreshAtMs: number
  readonly expiresAtMs: number
}

/**
 * Tokens of OAuth 2 client credentials (RFC 6749, 4.4).
 *
 * Invariants.
 * - One request for a token is under way at a time; all who need one wait for it.
 * - A token is replaced before it ends. While the endpoint does not answer, one that is still good is used.
 * - A token that was refused is not used again; one that came meanwhile is.
 */
export class OAuth2Authorizer implements Authorizer {
  readonly #parts: OAuth2Parts
  readonly #request: HttpRequest
  #token: Token | undefined
  #pending: Promise<Token> | undefined

  constructor(parts: OAuth2Parts) {
    this.#parts = parts
    this.#request = tokenRequest(parts.auth)
  }

  async prepare(): Promise<void> {
    await this.#current()
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    const token = await this.#current()
    return { authorization: token.header }
  }

  async refresh(refused: Readonly<Record<string, string>>): Promise<void> {
    // Several requests are refused with one token: the first of them gets the new one for all.
    if (this.#token?.header === refused['authorization']) this.#token = undefined
    await this.#current()
  }

  async #current(): Promise<Token> {
    const nowMs = this.#parts.clock.nowMs()
    const token = this.#token
    if (token !== undefined && nowMs < token.refreshAtMs) return token
    try {
      return await this.#fetch()
    } catch (error) {
      if (token !== undefined && this.#token === token && nowMs < token.expiresAtMs) return token
      throw error
    }
  }

  async #fetch(): Promise<Token> {
    this.#pending ??= this.#fetchOnce().finally(() => {
      this.#pending = undefined
    })
    return await this.#pending
  }

  async #fetchOnce(): Promise<Token> {
    const { transport, closed } = this.#parts
    let answer: HttpAnswer
    try {
      answer = await transport.send(this.#request, closed)
    } catch (error) {
      throw connectionError(error, this.#what(), {})
    }
    const token = this.#tokenOf(answer)
    this.#token = token
    return token
  }

  #what(): string {
    // The path of a token endpoint is no secret.
    return `token endpoint ${this.#request.origin}${this.#request.path.split('?', 1)[0] ?? ''}`
  }

  #tokenOf(answer: HttpAnswer): Token {
    const { status } = answer
    if (status === 408 || status === 429 || status >= 500) {
      throw this.#error('MR_SINK_UNAVAILABLE', answer, 'The sink tries again.')
    }
    if (status !== 200) {
      const hint = 'Check `auth`: tokenUrl, clientId, clientSecret, scope and clientAuthentication.'
      throw this.#error('MR_SINK_FAILED', answer, hint)
    }
    const { access_token: text, expires_in: seconds } = fieldsOf(answer)
    // A body that broke off is no answer: the next one may be whole.
    if (answer.isTruncated)
      throw this.#error('MR_SINK_UNAVAILABLE', answer, 'The sink tries again.')
    if (typeof text !== 'string' || text === '') {
      throw this.#error('MR_SINK_FAILED', answer, 'Check `auth.tokenUrl`: it gave no access_token.')
    }
    this.#parts.redactor.add(text)
    const nowMs = this.#parts.clock.nowMs()
    const lifeMs = Number(seconds) > 0 ? Number(seconds) * 1000 : Infinity
    const earlyMs = Math.min(this.#parts.refreshBeforeMs, lifeMs / 10)
    return {
      header: `Bearer ${text}`,
      expiresAtMs: nowMs + lifeMs,
      refreshAtMs: lifeMs === Infinity ? Infinity : nowMs + lifeMs - earlyMs,
    }
  }

  #error(
    code: 'MR_SINK_UNAVAILABLE' | 'MR_SINK_FAILED',
    answer: HttpAnswer,
    hint: string,
  ): MillraceError {
    const { redactor } = this.#parts
    const excerpt = answer.status === 200 ? '' : redactor.redact(excerptOf(answer.body))
    const cause = new HttpAnswerError(answer.status, excerpt)
    return new MillraceError(code, `${this.#what()} answered ${answer.status}`, { cause, hint })
  }
}

function fieldsOf(answer: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(answer.body))
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown> // is an object
  } catch {
    // No JSON: the caller finds no token in it, and says so.
  }
  return {}
}

function tokenRequest(auth: OAuth2Auth): HttpRequest {
  const { clientId, clientSecret, scope, parameters = {}, clientAuthentication = 'basic' } = auth
  const url = new URL(auth.tokenUrl)
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...parameters })
  if (scope !== undefined) form.set('scope', scope)
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  }
  if (clientAuthentication === 'basic') {
    // RFC 6749, 2.3.1: both are encoded as form fields first.
    const [name, secret] = [clientId, clientSecret].map(formEncoded)
    headers['authorization'] = `Basic ${basicCredentials(name ?? '', secret ?? '')}`
  } else {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  }
  return {
    method: 'POST',
    origin: url.origin,
    path: url.pathname + url.search,
    headers,
    body: form.toString(),
  }
}

const formEncoded = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2)
