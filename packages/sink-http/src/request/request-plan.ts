import type { HttpRequest } from '../http-request.ts'
import type { HttpBody, HttpMethod, IdempotencyKeyOptions } from '../http-sink-options.ts'
import { type BodyTemplate, parseBodyTemplate } from '../template/body-template.ts'
import type { TemplateSubject } from '../template/template.ts'
import { parseUrlTemplate, type RequestTarget, targetOfUrl } from '../template/url-template.ts'
import { headerNameProblem, type HeaderOptions, planHeaders } from './header-plan.ts'
import { checkedKey, keyHeader } from './idempotency-key.ts'

/** What makes a request of a subject `S`: a record or a batch. */
export interface RequestPlanOptions<S> {
  readonly url: string | URL | ((subject: S) => string | URL)
  readonly method?: HttpMethod | ((subject: S) => HttpMethod) | undefined
  readonly headers?: HeaderOptions<S> | undefined
  readonly body?: string | ((subject: S) => HttpBody) | undefined
  readonly idempotencyKey?: IdempotencyKeyOptions<S> | false | undefined
}

/** What is not an option. */
export interface RequestPlanDefaults<S> {
  /** Names of the places of templates. */
  readonly roots: readonly string[]
  readonly body: (subject: S) => HttpBody
  /** Of that body, where it is text; of others it is JSON. */
  readonly textType: (subject: S) => string
  /** The default key. */
  readonly key: (subject: S, sinkId: string) => string
}

/** Makes requests. */
export interface RequestPlan<S> {
  /** The origin of all requests, where it does not depend on the subject. */
  readonly origin: string | undefined
  /** True when each request carries an idempotency key. */
  readonly hasKey: boolean
  /**
   * The request of a subject; with `asDelete` it is a DELETE without a body.
   *
   * @throws TemplateError when the subject does not fit, and whatever the functions of the options throw.
   */
  build(subject: S, sinkId: string, asDelete: boolean): HttpRequest
}

const METHODS: ReadonlySet<unknown> = new Set<HttpMethod>(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Checks all that a request is made of. What is wrong is added to `problems`; the plan is of no use then. */
export function planRequests<S extends TemplateSubject>(
  options: RequestPlanOptions<S>,
  defaults: RequestPlanDefaults<S>,
  problems: string[],
): RequestPlan<S> {
  const { roots } = defaults
  const { origin, target } = planUrl(options.url, roots, problems)
  const method = planMethod(options.method ?? 'POST', problems)
  const headers = planHeaders(options.headers, roots, problems)
  const body = planBody(options.body ?? defaults.body, roots, problems)
  const key = planKey(options.idempotencyKey ?? {}, defaults.key, problems)
  return {
    origin,
    hasKey: key !== undefined,
    build(subject, sinkId, asDelete) {
      const all = headers(subject)
      const verb = asDelete ? 'DELETE' : method(subject)
      // DELETE has a body only where one is given: many servers refuse one.
      const bare = asDelete || (verb === 'DELETE' && options.body === undefined)
      const content = bare ? undefined : body(subject, all['content-type'] ?? JSON_TYPE)
      if (content === undefined) delete all['content-type']
      else if (typeof content !== 'string') all['content-type'] ??= BYTES_TYPE
      else
        all['content-type'] ??= options.body === undefined ? defaults.textType(subject) : JSON_TYPE
      if (key !== undefined) all[key.header] = key.value(subject, sinkId)
      return { method: verb, ...target(subject), headers: all, body: content }
    },
  }
}

/** Of text that a template or a function makes, where no header says otherwise. */
export const JSON_TYPE = 'application/json'
const BYTES_TYPE = 'application/octet-stream'

function planUrl<S extends TemplateSubject>(
  url: RequestPlanOptions<S>['url'],
  roots: readonly string[],
  problems: string[],
): { readonly origin: string | undefined; readonly target: (subject: S) => RequestTarget } {
  if (typeof url === 'function') {
    return { origin: undefined, target: (subject) => targetOfUrl(url(subject)) }
  }
  const text = url instanceof URL ? url.href : url
  if (typeof text !== 'string') {
    problems.push('url must be a text, a URL, or a function')
    return { origin: undefined, target: () => ({ origin: '', path: '' }) }
  }
  return parseUrlTemplate(text, roots, problems)
}

function planMethod<S>(
  method: HttpMethod | ((subject: S) => HttpMethod),
  problems: string[],
): (subject: S) => HttpMethod {
  if (typeof method !== 'function') {
    if (!METHODS.has(method)) problems.push('method must be POST, PUT, PATCH or DELETE')
    return () => method
  }
  return (subject) => {
    const chosen = method(subject)
    if (METHODS.has(chosen)) return chosen
    throw new TypeError('the function `method` gave none of POST, PUT, PATCH, DELETE')
  }
}

function planBody<S extends TemplateSubject>(
  body: string | ((subject: S) => HttpBody),
  roots: readonly string[],
  problems: string[],
): (subject: S, contentType: string) => HttpBody {
  if (typeof body === 'string') {
    const template: BodyTemplate = parseBodyTemplate(body, roots, problems)
    return template
  }
  return (subject) => {
    const content = body(subject)
    if (content === undefined || typeof content === 'string') return content
    if (content instanceof Uint8Array) return content
    throw new TypeError('the function `body` gave something else than text, bytes or undefined')
  }
}

interface KeyPlan<S> {
  readonly header: string
  readonly value: (subject: S, sinkId: string) => string
}

function planKey<S>(
  options: IdempotencyKeyOptions<S> | false,
  defaultKey: RequestPlanDefaults<S>['key'],
  problems: string[],
): KeyPlan<S> | undefined {
  if (options === false) return undefined
  const { header = 'Idempotency-Key', quoted = true, key } = options
  const problem = headerNameProblem(header)
  if (problem !== undefined) problems.push(`idempotencyKey: ${problem}`)
  return {
    header: header.toLowerCase(),
    value: (subject, sinkId) => {
      const text = key === undefined ? defaultKey(subject, sinkId) : checkedKey(key(subject))
      return keyHeader(text, quoted)
    },
  }
}
