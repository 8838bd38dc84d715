import {
  parseTemplate,
  type Place,
  placeJson,
  placeText,
  type TemplateSubject,
} from './template.ts'

/** A body for a record. How places are encoded depends on its content type. */
export type BodyTemplate = (subject: TemplateSubject, contentType: string) => string

type Encode = (place: Place, subject: TemplateSubject) => string

/** Checks a body with places. Other braces stay as they are, so that JSON can be written down. */
export function parseBodyTemplate(
  text: string,
  roots: readonly string[],
  problems: string[],
): BodyTemplate {
  const found: string[] = []
  const parts = parseTemplate(text, roots, found)
  problems.push(...found.map((problem) => `body: ${problem}`))
  return (subject, contentType) => {
    const encode = encodingOf(contentType)
    return parts.map((part) => (typeof part === 'string' ? part : encode(part, subject))).join('')
  }
}

function encodingOf(contentType: string): Encode {
  const [type = ''] = contentType.toLowerCase().split(';', 1)
  const media = type.trim()
  if (media === 'application/json' || media.endsWith('+json')) return placeJson
  if (media === 'application/x-www-form-urlencoded') {
    return (place, subject) => encodeURIComponent(placeText(place, subject))
  }
  return placeText
}
