export interface StepErrorDetail {
  /** What the reader can do now, in one or two imperative sentences. */
  readonly hint?: string
  /** What the failing program printed; only its end is shown. */
  readonly output?: string
  readonly cause?: unknown
}

/** A failure that a person is to read: what happened, the end of the log, what to do. */
export class StepError extends Error {
  readonly hint: string | undefined
  readonly output: string

  constructor(message: string, detail: StepErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'StepError'
    this.hint = detail.hint
    this.output = detail.output ?? ''
  }
}

const TAIL_LINES = 25

/** The last lines of a program's output, without the blank ones at its end. */
export function tailOf(output: string, lines: number = TAIL_LINES): string {
  return output.trimEnd().split('\n').slice(-lines).join('\n')
}
