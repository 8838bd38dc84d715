import type { Headers } from '@millrace/core'

/** What a template reads: a record or a batch, whose fields are the places. */
export type TemplateSubject = object

/** One `{…}` of a template. */
export interface Place {
  /** What stands between the braces. */
  readonly name: string
  readonly path: readonly string[]
}

/** Literal text and places, in order. */
export type TemplatePart = string | Place

/** Says why a record does not fit a template: no such field, an object where text is due, text that may not stand there. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TemplateError'
  }
}

const PLACE = /\{([A-Za-z_][\w-]*(?:\.[\w-]+)*)\}/g

/** Divides a template. Problems are added to `problems`: a place whose first name is none of `roots`. */
export function parseTemplate(
  text: string,
  roots: readonly string[],
  problems: string[],
): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  let end = 0
  for (const match of text.matchAll(PLACE)) {
    const [whole, name = ''] = match
    const path = name.split('.')
    const [root = ''] = path
    if (!roots.includes(root) || (root === 'headers' && path.length < 2)) {
      problems.push(`{${name}} is none of ${roots.map((it) => `{${it}}`).join(', ')}`)
    }
    if (match.index > end) parts.push(text.slice(end, match.index))
    parts.push({ name, path })
    end = match.index + whole.length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}

/** What a place stands for in this record. @throws TemplateError where there is no such field. */
export function readPlace(place: Place, subject: TemplateSubject): unknown {
  const [root = '', ...fields] = place.path
  let value = fieldOf(subject, root)
  if (root === 'headers') {
    // A name of a header may have dots.
    value = headerText(value as Headers, fields.join('.')) // `headers` of a record is that
    if (value === undefined) throw new TemplateError(`the record has no header for {${place.name}}`)
    return value
  }
  for (const field of fields) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) {
      throw new TemplateError(`the record has nothing for {${place.name}}`)
    }
    value = fieldOf(value, field)
  }
  if (value === undefined) throw new TemplateError(`the record has nothing for {${place.name}}`)
  return value
}

/** An object may be asked for any name. */
const fieldOf = (value: object, name: string): unknown =>
  (value as Readonly<Record<string, unknown>>)[name]

/** The last header of that name, as headers that are added later count more. */
function headerText(headers: Headers, name: string): string | undefined {
  const header = headers.findLast((it) => it.key === name)
  if (header === undefined || header.value === null) return undefined
  return utf8(header.value, `headers.${name}`)
}

/** @throws TemplateError for bytes that are no UTF-8. */
function utf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new TemplateError(`{${name}} is bytes that are no UTF-8 text`)
  }
}

/** The text of a place: of text, numbers, booleans, dates, and bytes of UTF-8. @throws TemplateError for anything else. */
export function placeText(place: Place, subject: TemplateSubject): string {
  const value = readPlace(place, subject)
  switch (typeof value) {
    case 'string':
      if (/\p{Surrogate}/u.test(value))
        throw new TemplateError(`{${place.name}} is half a character`)
      return value
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      if (Number.isFinite(value)) return String(value)
      break
    default:
      if (value instanceof Uint8Array) return utf8(value, place.name)
      if (value instanceof Date) return value.toISOString()
  }
  const what = value === null ? 'null' : typeof value
  throw new TemplateError(`{${place.name}} is ${what}, where text or a number is due`)
}

/** The value of a place as JSON. @throws TemplateError for what JSON has not. */
export function placeJson(place: Place, subject: TemplateSubject): string {
  const value = readPlace(place, subject)
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return JSON.stringify(utf8(value, place.name))
  const json = jsonOf(value)
  if (json === undefined) throw new TemplateError(`{${place.name}} cannot be written as JSON`)
  return json
}

/** Undefined for what JSON has not: functions, cycles, bigints in objects. */
function jsonOf(value: unknown): string | undefined {
  try {
    const json: string | undefined = JSON.stringify(value) // undefined for functions and symbols
    return json
  } catch {
    return undefined // a cycle or a bigint: the caller names the place
  }
}
