import {
  parseTemplate,
  type Place,
  placeText,
  TemplateError,
  type TemplatePart,
  type TemplateSubject,
} from './template.ts'

/** Where a request goes. */
export interface RequestTarget {
  readonly origin: string
  readonly path: string
}

/** A URL with places, checked and divided. */
export interface UrlTemplate {
  /** The origin, where it is the same for all records. */
  readonly origin: string | undefined
  /** @throws TemplateError when the record does not fit. */
  target(subject: TemplateSubject): RequestTarget
}

const URL_PARTS = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/i
/** What may stand in a path or a query as it is. */
const PATH_TEXT = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[\da-f]{2})*$/i
const QUERY_TEXT = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[\da-f]{2})*$/i
/** `.` and `..`, also in the form that URLs are read back from. */
const DOTS = /^(?:\.|%2e){1,2}$/i
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** Checks a URL with places. What is wrong is added to `problems`; the template is of no use then. */
export function parseUrlTemplate(
  text: string,
  roots: readonly string[],
  problems: string[],
): UrlTemplate {
  const found: string[] = []
  const match = URL_PARTS.exec(text)
  const [, scheme = '', authority = '', path = '', query = '', fragment] = match ?? []
  if (match === null) found.push('it must begin with http:// or https:// and a host')
  if (fragment !== undefined) found.push('a fragment (#) is never sent')
  const host = parseAuthority(scheme, authority, roots, found)
  const segments = path.split('/').map((segment) => parseTemplate(segment, roots, found))
  const queryParts = parseTemplate(query.slice(1), roots, found)
  checkText(segments.flat(), PATH_TEXT, found)
  checkText(queryParts, QUERY_TEXT, found)
  if (
    segments.some(
      ([part, more]) => typeof part === 'string' && more === undefined && DOTS.test(part),
    )
  ) {
    found.push('its path has a . or .. segment')
  }
  // The text is not shown: a URL may hold a secret.
  problems.push(...found.map((problem) => `url: ${problem}`))
  return {
    origin: typeof host === 'string' ? host : undefined,
    target: (subject) => ({
      origin: typeof host === 'string' ? host : originOf(scheme, host, subject),
      path: pathOf(segments, subject) + (query === '' ? '' : `?${encoded(queryParts, subject)}`),
    }),
  }
}

/** The origin, or the parts of one that has places. */
function parseAuthority(
  scheme: string,
  authority: string,
  roots: readonly string[],
  problems: string[],
): string | readonly TemplatePart[] {
  if (authority.includes('@')) {
    problems.push('it has a user or a password; give them as `auth`')
    return ''
  }
  const parts = parseTemplate(authority, roots, problems)
  const sample = parts.map((part) => (typeof part === 'string' ? part : 'x')).join('')
  if (parts.some((part, i) => typeof part !== 'string' && isPort(parts, i))) {
    problems.push('its port may not depend on the record')
    return ''
  }
  const url = `${scheme}://${sample}/`
  if (authority === '' || !URL.canParse(url)) {
    if (scheme !== '') problems.push('its host or port is invalid')
    return ''
  }
  return parts.length === 1 && typeof parts[0] === 'string' ? new URL(url).origin : parts
}

const isPort = (parts: readonly TemplatePart[], index: number): boolean =>
  parts.slice(0, index).some((part) => typeof part === 'string' && part.includes(':'))

function checkText(parts: readonly TemplatePart[], allowed: RegExp, problems: string[]): void {
  for (const part of parts) {
    if (typeof part === 'string' && !allowed.test(part)) {
      problems.push('a part of it must be percent-encoded, or is a place that is not closed')
    }
  }
}

/** A record may choose labels of the host, and nothing that would end the host. */
function originOf(
  scheme: string,
  parts: readonly TemplatePart[],
  subject: TemplateSubject,
): string {
  const label = (place: Place): string => {
    const text = placeText(place, subject)
    if (HOST_LABEL.test(text)) return text
    throw new TemplateError(`{${place.name}} is no label of a host name`)
  }
  const host = parts.map((part) => (typeof part === 'string' ? part : label(part))).join('')
  const url = `${scheme}://${host}`
  if (!URL.canParse(url)) throw new TemplateError('the record gives an invalid host name')
  return new URL(url).origin
}

function pathOf(segments: readonly (readonly TemplatePart[])[], subject: TemplateSubject): string {
  const texts = segments.map((parts) => {
    const text = encoded(parts, subject)
    const [place] = parts.filter((part) => typeof part !== 'string')
    // An empty segment, `.` and `..` would name another resource: all orders instead of one.
    if (place !== undefined && (text === '' || DOTS.test(text))) {
      throw new TemplateError(
        `{${place.name}} is ${JSON.stringify(text)}, which is no segment of a path`,
      )
    }
    return text
  })
  return texts.length < 2 ? '/' : texts.join('/')
}

function encoded(parts: readonly TemplatePart[], subject: TemplateSubject): string {
  return parts
    .map((part) => (typeof part === 'string' ? part : encodeURIComponent(placeText(part, subject))))
    .join('')
}

/** The target of a URL that a function gave. @throws TemplateError for one that is no http(s) URL, or has a password. */
export function targetOfUrl(url: string | URL): RequestTarget {
  if (!URL.canParse(String(url))) throw new TemplateError('the function `url` gave no absolute URL')
  const parsed = new URL(url)
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new TemplateError(`the function \`url\` gave a URL of ${parsed.protocol}`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new TemplateError('the function `url` gave a URL with a user or a password; use `auth`')
  }
  return { origin: parsed.origin, path: parsed.pathname + parsed.search }
}
