import { Agent, type AgentOptions } from 'node:https'
import { type Duration, MillraceError } from '@millrace/core'
import { durationToMs } from '@millrace/core/internal'

/** How a registry knows who asks: a user, or a token that may be asked for anew at each request. */
export type RegistryAuth =
  | { readonly username: string; readonly password: string }
  | {
      /** A bearer token, or what gives one. */
      readonly token: string | (() => string | Promise<string>)
    }

/** Where a schema registry is, and how to talk to it. */
export interface RegistryOptions {
  /** With the path, if the API is below one: Apicurio has it under `/apis/ccompat/v7`. */
  readonly url: string
  /** @defaultValue none, or the user and password that are in `url` */
  readonly auth?: RegistryAuth
  /** Of `https://`: `ca`, `cert`, `key`, `passphrase`, `servername` and the rest of Node's options. @defaultValue Node's */
  readonly tls?: AgentOptions
  /** Sent with each request. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>
  /** How long one request may take. @defaultValue 10_000 */
  readonly requestTimeout?: Duration
}

export interface RegistryConfig {
  readonly url: string
  readonly auth: RegistryAuth | undefined
  readonly agent: Agent | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly requestTimeoutMs: number
}

export const REQUEST_TIMEOUT_MS = 10_000

/** @throws MillraceError `MR_CONFIG` that lists every problem, and no credential */
export function resolveRegistryOptions(options: RegistryOptions): RegistryConfig {
  const problems: string[] = []
  const url = parseUrl(options.url, problems)
  const { requestTimeout = REQUEST_TIMEOUT_MS } = options
  const requestTimeoutMs = timeoutMs('requestTimeout', requestTimeout, problems)
  if (options.tls !== undefined && url?.protocol === 'http:') {
    problems.push('tls is set, and url begins with http://')
  }
  if (url === undefined || problems.length > 0) throw invalidOptions(problems)
  const auth = options.auth ?? authIn(url)
  url.username = ''
  url.password = ''
  return {
    url: url.href.replace(/\/+$/, ''),
    auth,
    agent: options.tls === undefined ? undefined : new Agent({ keepAlive: true, ...options.tls }),
    headers: options.headers ?? {},
    requestTimeoutMs,
  }
}

function parseUrl(text: string, problems: string[]): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  problems.push('url is no http:// or https:// URL')
  return undefined
}

export function invalidOptions(problems: readonly string[]): MillraceError {
  return new MillraceError('MR_CONFIG', `Invalid registry options: ${problems.join('; ')}`, {
    hint: 'Correct the options of the schema registry.',
  })
}

/** Milliseconds; what is no timeout is told in `problems`, and is 0. */
export function timeoutMs(name: string, duration: Duration, problems: string[]): number {
  try {
    const ms = durationToMs(duration)
    if (ms > 0) return ms
    problems.push(`${name} must be more than 0`)
  } catch {
    // It says what is wrong with it, which is the same for all durations.
    problems.push(`${name} is no duration: ${JSON.stringify(duration)}`)
  }
  return 0
}

function authIn({ username, password }: URL): RegistryAuth | undefined {
  if (username === '') return undefined
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) }
}
