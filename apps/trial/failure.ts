/** A failure that a person is to read: what happened, and what to do. */
export class TrialFailure extends Error {
  readonly hint: string
  /** What a processor had logged, when that tells more. */
  readonly log: readonly string[]

  constructor(message: string, hint: string, log: readonly string[] = []) {
    super(message)
    this.name = 'TrialFailure'
    this.hint = hint
    this.log = log
  }
}
