import { type Duration, MillraceError } from '@millrace/core'
import { durationToMs } from '@millrace/core/internal'
import { authProblems } from './auth/create-authorizer.ts'
import { secretsOf } from './auth/authorizer.ts'
import type { HttpAuth } from './auth/http-auth.ts'
import type {
  HttpCircuitBreakerOptions,
  HttpRequestOptions,
  HttpSinkOptions,
} from './http-sink-options.ts'
import type { BackoffBounds } from './retry-backoff.ts'
import type { TokenBucketOptions } from './token-bucket.ts'
import type { TransportConfig } from './transport.ts'

/** What the options are besides what makes a request: complete and checked. Times in milliseconds. */
export interface HttpSinkConfig {
  readonly auth: HttpAuth | undefined
  readonly unauthorized: 'fail' | 'reject' | 'retry'
  readonly backoff: BackoffBounds
  readonly deliveryTimeoutMs: number
  readonly onDeliveryTimeout: 'keep-trying' | 'reject'
  readonly conflictTimeoutMs: number
  readonly maxInFlight: number
  readonly transport: TransportConfig
  readonly rateLimit: TokenBucketOptions | undefined
  readonly circuitBreaker: { readonly failures: number; readonly openForMs: number } | undefined
  readonly redirects: 'error' | 'follow' | undefined
  readonly secrets: readonly string[]
}

/** Gathers what is wrong with options, so that all of it is told at once. */
class Checks {
  readonly problems: string[]

  constructor(problems: string[]) {
    this.problems = problems
  }

  ms(name: string, given: Duration | undefined, fallback: number, least = 1): number {
    if (given === undefined) return fallback
    try {
      const ms = durationToMs(given)
      if (ms >= least) return ms
      this.problems.push(`${name} must be at least ${least} ms`)
    } catch {
      this.problems.push(`${name} must be a duration, as '30 seconds'`)
    }
    return fallback
  }

  count(name: string, given: number | undefined, fallback: number): number {
    if (given === undefined) return fallback
    if (Number.isSafeInteger(given) && given > 0) return given
    this.problems.push(`${name} must be a whole number above 0`)
    return fallback
  }

  oneOf<T>(name: string, given: T, allowed: readonly T[]): T {
    if (!allowed.includes(given)) {
      const known = allowed.filter((it) => it !== undefined).map((it) => `'${String(it)}'`)
      this.problems.push(`${name} must be ${known.join(' or ')}`)
    }
    return given
  }
}

/** Fills in and checks everything but url, method, headers, body and key. Problems are added to `problems`. */
export function resolveHttpSink<K, V>(
  options: HttpSinkOptions<K, V>,
  problems: string[],
): HttpSinkConfig {
  const checks = new Checks(problems)
  // What follows is the same for records and batches.
  const common = options as HttpRequestOptions<never>
  const { auth } = common
  const found = authProblems(auth)
  problems.push(...found)
  const backoff = resolveBackoff(common, checks)
  const maxInFlight = checks.count('maxInFlight', common.maxInFlight, 32)
  return {
    auth,
    unauthorized: resolveUnauthorized(common, checks),
    backoff,
    deliveryTimeoutMs: checks.ms('deliveryTimeout', common.deliveryTimeout, 120_000),
    onDeliveryTimeout: checks.oneOf(
      'onDeliveryTimeout',
      common.onDeliveryTimeout ?? 'keep-trying',
      ['keep-trying', 'reject'],
    ),
    conflictTimeoutMs: checks.ms('conflictTimeout', common.conflictTimeout, 60_000, 0),
    maxInFlight,
    transport: resolveTransport(common, maxInFlight, checks),
    rateLimit: resolveRateLimit(common, checks),
    circuitBreaker: resolveCircuitBreaker(common.circuitBreaker ?? {}, checks),
    redirects: checks.oneOf('redirects', common.redirects, ['error', 'follow', undefined]),
    secrets: found.length > 0 ? [] : secretTexts(common),
  }
}

/** @throws MillraceError `MR_CONFIG` that lists all problems, if there are any. */
export function throwProblems(problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new MillraceError('MR_CONFIG', `Invalid options of httpSink: ${problems.join('; ')}`, {
    hint: 'Correct the options passed to httpSink().',
  })
}

function resolveBackoff(options: HttpRequestOptions<never>, checks: Checks): BackoffBounds {
  const { initialBackoff, maxBackoff, maxRetryAfter } = options.retry ?? {}
  const initialMs = checks.ms('retry.initialBackoff', initialBackoff, 200)
  const maxMs = checks.ms('retry.maxBackoff', maxBackoff, Math.max(30_000, initialMs))
  if (maxMs < initialMs) checks.problems.push('retry.maxBackoff must not be below initialBackoff')
  const maxRetryAfterMs = checks.ms('retry.maxRetryAfter', maxRetryAfter, 300_000, 0)
  return { initialMs, maxMs, maxRetryAfterMs }
}

function resolveUnauthorized(
  options: HttpRequestOptions<never>,
  checks: Checks,
): HttpSinkConfig['unauthorized'] {
  const { auth, onUnauthorized } = options
  // Credentials that were just renewed are good: what is refused then is the record.
  const renews = auth?.kind === 'oauth2' || (auth?.kind === 'custom' && auth.refresh !== undefined)
  const fallback = renews ? 'reject' : 'fail'
  return checks.oneOf('onUnauthorized', onUnauthorized ?? fallback, ['fail', 'reject', 'retry'])
}

function resolveTransport(
  options: HttpRequestOptions<never>,
  connections: number,
  checks: Checks,
): TransportConfig {
  const { timeouts = {}, tls = {}, maxResponseBytes } = options
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    checks.problems.push('tls.cert and tls.key go together')
  }
  return {
    connections,
    connectMs: checks.ms('timeouts.connect', timeouts.connect, 10_000),
    headersMs: checks.ms('timeouts.headers', timeouts.headers, 30_000),
    bodyMs: checks.ms('timeouts.body', timeouts.body, 30_000),
    maxResponseBytes: checks.count('maxResponseBytes', maxResponseBytes, 64 * 1024),
    tls,
  }
}

function resolveRateLimit(
  options: HttpRequestOptions<never>,
  checks: Checks,
): TokenBucketOptions | undefined {
  const { rateLimit } = options
  if (rateLimit === undefined) return undefined
  const { requests, per, burst } = rateLimit
  if (!(requests > 0)) checks.problems.push('rateLimit.requests must be above 0')
  return {
    requests,
    perMs: checks.ms('rateLimit.per', per, 1000),
    burst: checks.count('rateLimit.burst', burst, Math.max(1, Math.floor(requests))),
  }
}

function resolveCircuitBreaker(
  options: HttpCircuitBreakerOptions | false,
  checks: Checks,
): HttpSinkConfig['circuitBreaker'] {
  if (options === false) return undefined
  return {
    failures: checks.count('circuitBreaker.failures', options.failures, 10),
    openForMs: checks.ms('circuitBreaker.openFor', options.openFor, 10_000),
  }
}

/** Headers whose values are credentials, or may be. */
const SECRET_HEADER = /auth|cookie|key|secret|signature|token/i

function secretTexts(options: HttpRequestOptions<never>): readonly string[] {
  const { auth, headers, redact = [] } = options
  const inHeaders = typeof headers === 'object' ? Object.entries(headers) : []
  return [
    ...redact,
    ...(auth === undefined ? [] : secretsOf(auth)),
    ...inHeaders.flatMap(([name, value]) =>
      SECRET_HEADER.test(name) && typeof value === 'string' && !value.includes('{')
        ? [value, value.replace(/^\w+ /, '')]
        : [],
    ),
  ]
}
