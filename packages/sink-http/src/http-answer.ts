/** What a server answered. */
export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; several values of one name are joined by a comma and a space. */
  readonly headers: Readonly<Record<string, string>>
  /** As much of it as `maxResponseBytes` allows. */
  readonly body: Uint8Array
  /** True when there was more of the body, or when it broke off. */
  readonly isTruncated: boolean
}

/** An answer that a sink does not take for a success: the cause of the errors that tell of it. Credentials are blanked. */
export class HttpAnswerError extends Error {
  readonly status: number
  /** The beginning of the body, as text. */
  readonly bodyExcerpt: string

  constructor(status: number, bodyExcerpt: string) {
    super(bodyExcerpt === '' ? `status ${status}` : `status ${status}: ${bodyExcerpt}`)
    this.name = 'HttpAnswerError'
    this.status = status
    this.bodyExcerpt = bodyExcerpt
  }
}

const EXCERPT_LENGTH = 500

/** The beginning of a body on one line: for people, in headers of dead letters and in logs. */
export function excerptOf(body: Uint8Array): string {
  // Four bytes a character at most, so that the cut falls on characters that are dropped anyway.
  const text = new TextDecoder().decode(body.subarray(0, EXCERPT_LENGTH * 4))
  // eslint-disable-next-line no-control-regex -- control characters have no place in a log line
  const line = text.replace(/[\u0000-\u001f\u007f\s]+/g, ' ').trim()
  return line.length > EXCERPT_LENGTH ? `${line.slice(0, EXCERPT_LENGTH)}…` : line
}
