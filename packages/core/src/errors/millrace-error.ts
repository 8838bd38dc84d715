/** What the runtime does when this error reaches it. The only thing callers may branch on besides `code`. */
export type ErrorAction =
  /** The same call may succeed later: try again with backoff, at most until `taskTimeoutMs`. */
  | 'retry'
  /** The transaction is lost, the member is not: abort, roll back, seek to the last commit, go on. */
  | 'abort'
  /** This member cannot go on as it is: close every task without committing, rejoin with a new producer. */
  | 'fence'
  /** Nothing but a person can mend it: stop, with this error. */
  | 'fail'

/** What went wrong; docs/errors.md has each code, and what to do. */
export type ErrorCode =
  | 'MR_CONFIG'
  | 'MR_TOPOLOGY'
  | 'MR_UNKNOWN_TOPIC'
  | 'MR_INTERNAL_TOPIC'
  | 'MR_TOPICS_CHANGED'
  | 'MR_DESERIALIZATION'
  | 'MR_SERIALIZATION'
  | 'MR_SERDE_PENDING'
  | 'MR_SCHEMA_UNAVAILABLE'
  | 'MR_SCHEMA_NOT_FOUND'
  | 'MR_SCHEMA_INCOMPATIBLE'
  | 'MR_SCHEMA_INVALID'
  | 'MR_SCHEMA_ACCESS'
  | 'MR_TIMESTAMP'
  | 'MR_PROCESSING'
  | 'MR_PRODUCTION'
  | 'MR_RECORD_TOO_LARGE'
  | 'MR_AUTHORIZATION'
  | 'MR_AUTHENTICATION'
  | 'MR_BROKER_UNAVAILABLE'
  | 'MR_TASK_TIMEOUT'
  | 'MR_TRANSACTION_ABORTED'
  | 'MR_STALE_GENERATION'
  | 'MR_PRODUCER_FENCED'
  | 'MR_MEMBER_FENCED'
  | 'MR_INSTANCE_ID_IN_USE'
  | 'MR_INSTANCE_ID_HELD'
  | 'MR_OFFSET_OUT_OF_RANGE'
  | 'MR_KAFKA'
  | 'MR_CLOSE_TIMEOUT'
  | 'MR_STATE_DIR_IN_USE'
  | 'MR_STATE_CORRUPT'
  | 'MR_STATE_DISK_FULL'
  | 'MR_STATE_IO'
  | 'MR_SUPPRESS_BUFFER_FULL'
  | 'MR_SINK_UNAVAILABLE'
  | 'MR_SINK_REJECTED'
  | 'MR_SINK_FENCED'
  | 'MR_SINK_FAILED'
  | 'MR_SINK_POSITION'

/** One row per code. The action is part of the contract: to change it is a breaking change. */
const ACTIONS: Readonly<Record<ErrorCode, ErrorAction>> = {
  MR_CONFIG: 'fail',
  MR_TOPOLOGY: 'fail',
  MR_UNKNOWN_TOPIC: 'fail',
  MR_INTERNAL_TOPIC: 'fail',
  MR_TOPICS_CHANGED: 'fence',
  MR_DESERIALIZATION: 'fail',
  MR_SERIALIZATION: 'fail',
  MR_SERDE_PENDING: 'retry',
  MR_SCHEMA_UNAVAILABLE: 'retry',
  MR_SCHEMA_NOT_FOUND: 'fail',
  MR_SCHEMA_INCOMPATIBLE: 'fail',
  MR_SCHEMA_INVALID: 'fail',
  MR_SCHEMA_ACCESS: 'fail',
  MR_TIMESTAMP: 'fail',
  MR_PROCESSING: 'fail',
  MR_PRODUCTION: 'fail',
  MR_RECORD_TOO_LARGE: 'fail',
  MR_AUTHORIZATION: 'fail',
  MR_AUTHENTICATION: 'fail',
  MR_BROKER_UNAVAILABLE: 'retry',
  MR_TASK_TIMEOUT: 'fail',
  MR_TRANSACTION_ABORTED: 'abort',
  MR_STALE_GENERATION: 'abort',
  MR_PRODUCER_FENCED: 'fence',
  MR_MEMBER_FENCED: 'fence',
  MR_INSTANCE_ID_IN_USE: 'fail',
  MR_INSTANCE_ID_HELD: 'fence',
  MR_OFFSET_OUT_OF_RANGE: 'fail',
  MR_KAFKA: 'fail',
  MR_CLOSE_TIMEOUT: 'fail',
  MR_STATE_DIR_IN_USE: 'fail',
  MR_STATE_CORRUPT: 'fence',
  MR_STATE_DISK_FULL: 'fence',
  MR_STATE_IO: 'fail',
  MR_SUPPRESS_BUFFER_FULL: 'fail',
  MR_SINK_UNAVAILABLE: 'retry',
  MR_SINK_REJECTED: 'fail',
  MR_SINK_FENCED: 'fence',
  MR_SINK_FAILED: 'fail',
  MR_SINK_POSITION: 'fail',
}

/** What an error tells besides its message. */
export interface ErrorDetail {
  /** The error below this one. Always pass it on; never fold its text into `message`. */
  readonly cause?: unknown
  /** What the operator can do now, in one imperative sentence. */
  readonly hint?: string
  /** Where it happened: topic, partition, offset, task, operator, store. Goes to the log as fields. */
  readonly at?: Readonly<Record<string, string | number>>
  /** Of `MR_SERDE_PENDING`: see {@link MillraceError.ready}. */
  readonly ready?: (() => Promise<void>) | undefined
}

const BRAND = Symbol.for('millrace.error')

/** Every error that Millrace throws on purpose. See docs/errors.md for the codes. */
export class MillraceError extends Error {
  readonly code: ErrorCode
  readonly action: ErrorAction
  readonly hint: string | undefined
  readonly at: Readonly<Record<string, string | number>>
  readonly #ready: (() => Promise<void>) | undefined

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'MillraceError'
    this.code = code
    this.action = ACTIONS[code]
    this.hint = detail.hint
    this.at = detail.at ?? {}
    this.#ready = detail.ready
    Object.defineProperty(this, BRAND, { value: true })
  }

  /**
   * Of `MR_SERDE_PENDING`: asks for what the call that failed waits for, or joins in asking. When it has resolved
   * the same call is worth another try; when it rejects it can be called again.
   */
  get ready(): (() => Promise<void>) | undefined {
    return this.#ready
  }

  /** True across copies of the package and across realms, where `instanceof` is not. */
  static is(error: unknown, code?: ErrorCode): error is MillraceError {
    if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
    return code === undefined || ('code' in error && error.code === code)
  }
}

/** The codes with their actions, for documents and tests. */
export const ERROR_ACTIONS: Readonly<Record<ErrorCode, ErrorAction>> = ACTIONS
