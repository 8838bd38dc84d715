import {
  parseTemplate,
  placeText,
  TemplateError,
  type TemplateSubject,
} from '../template/template.ts'

/** Headers as the options have them. */
export type HeaderOptions<S> =
  | Readonly<Record<string, string | ((subject: S) => string)>>
  | ((subject: S) => Readonly<Record<string, string>>)

/** Makes the headers of a subject, names in lower case. @throws TemplateError for a value that no header can have. */
export type HeaderPlan<S> = (subject: S) => Record<string, string>

/** RFC 9110, 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110, 5.5, without blanks at the ends. */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/
/** The client's own, by which requests are told apart on a connection. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What is wrong with a name of a header, if anything. */
export function headerNameProblem(name: string): string | undefined {
  if (!NAME.test(name)) return `${JSON.stringify(name)} is no name of a header`
  if (RESERVED.has(name.toLowerCase())) return `the header ${name} is set by the client`
  return undefined
}

/** Checks the headers of the options. What is wrong is added to `problems`. */
export function planHeaders<S extends TemplateSubject>(
  options: HeaderOptions<S> | undefined,
  roots: readonly string[],
  problems: string[],
): HeaderPlan<S> {
  if (options === undefined) return () => ({})
  if (typeof options === 'function') return (subject) => checkedHeaders(options(subject))
  const makers = Object.entries(options).map(([name, value]) => {
    const problem = headerNameProblem(name)
    if (problem !== undefined) problems.push(`headers: ${problem}`)
    return [name, typeof value === 'string' ? textOf(name, value, roots, problems) : value] as const
  })
  return (subject) =>
    checkedHeaders(Object.fromEntries(makers.map(([name, make]) => [name, make(subject)])))
}

function textOf(
  name: string,
  value: string,
  roots: readonly string[],
  problems: string[],
): (subject: TemplateSubject) => string {
  const found: string[] = []
  const parts = parseTemplate(value, roots, found)
  const literal = parts.filter((part) => typeof part === 'string').join('')
  if (!VALUE.test(literal.trim())) found.push('its value has characters that no header may have')
  problems.push(...found.map((problem) => `headers: ${name}: ${problem}`))
  return (subject) =>
    parts.map((part) => (typeof part === 'string' ? part : placeText(part, subject))).join('')
}

/** A line break in a value would begin a header, or a request, of the record's own. */
function checkedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const problem = headerNameProblem(name)
    if (problem !== undefined) throw new TemplateError(problem)
    if (typeof value !== 'string' || !VALUE.test(value.trim())) {
      throw new TemplateError(`the value of the header ${name} has characters that none may have`)
    }
    checked[name.toLowerCase()] = value.trim()
  }
  return checked
}
