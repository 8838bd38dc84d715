import { MillraceError, type SinkContext } from '@millrace/core'
import { type CircuitPermit, wait } from '@millrace/core/internal'
import type { Authorizer } from './auth/authorizer.ts'
import { askedWaitMs } from './answer-wait.ts'
import type { Circuits } from './circuits.ts'
import { hintOfStatus, outcomeOfStatus } from './classify.ts'
import { excerptOf, type HttpAnswer, HttpAnswerError } from './http-answer.ts'
import { type HttpRequest, shownUrl } from './http-request.ts'
import type { HttpSinkConfig } from './http-sink-config.ts'
import type { HttpOutcome } from './http-sink-options.ts'
import { sendFollowing } from './redirects.ts'
import type { Redactor } from './redactor.ts'
import { nextWaitMs } from './retry-backoff.ts'
import type { Round } from './round.ts'
import type { Slots } from './slots.ts'
import type { TokenBucket } from './token-bucket.ts'
import { connectionError, type Transport } from './transport.ts'

/** What {@link Delivery} stands on. */
export interface DeliveryParts {
  readonly config: HttpSinkConfig
  readonly context: SinkContext
  readonly hasKey: boolean
  readonly classify: ((answer: HttpAnswer, proposed: HttpOutcome) => HttpOutcome) | undefined
  readonly transport: Transport
  readonly authorizer: Authorizer
  readonly redactor: Redactor
  readonly slots: Slots
  readonly bucket: TokenBucket | undefined
  readonly circuits: Circuits | undefined
}

/** Where a request comes from, for errors and logs. */
export type Coordinates = Readonly<Record<string, string | number>>

/** What has been tried for one request. Times in milliseconds. */
interface Course {
  readonly request: HttpRequest
  readonly at: Coordinates
  readonly round: Round
  /** When it could have been sent first. */
  startedMs: number | undefined
  /** In which the circuit was open. */
  pausedMs: number
  attempts: number
  conflictSinceMs: number | undefined
  hasRefreshed: boolean
}

type Credentials = Readonly<Record<string, string>>

/** What one attempt came to. */
type Attempt =
  | { readonly kind: 'done'; readonly answer: HttpAnswer }
  | { readonly kind: 'again' }
  | { readonly kind: 'retry'; readonly error: MillraceError; readonly askedMs: number | undefined }

/**
 * Gets one request to its target.
 *
 * Semantics. A request is tried until the target takes or refuses it. While it waits for its next attempt it
 * holds nothing: neither a slot nor a connection.
 *
 * Invariants.
 * - At most `maxInFlight` requests are under way, whatever partition they are of.
 * - No attempt begins after `round.stopping`, none is under way when `deliver` has settled.
 * - All attempts of a request have the same content and idempotency key.
 */
export class Delivery {
  readonly #parts: DeliveryParts

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  get context(): SinkContext {
    return this.#parts.context
  }

  /**
   * Resolves with the answer when the target has taken the request. Rejects with `MR_SINK_REJECTED` when it
   * never will, `MR_SINK_UNAVAILABLE` when it did not within the time given, `MR_SINK_FAILED` when a person is
   * needed, and with the round's error when that stops.
   */
  async deliver(request: HttpRequest, at: Coordinates, round: Round): Promise<HttpAnswer> {
    const course: Course = {
      ...{ request, at, round, startedMs: undefined, pausedMs: 0, attempts: 0 },
      ...{ conflictSinceMs: undefined, hasRefreshed: false },
    }
    for (;;) {
      const attempt = await this.#attempt(course)
      if (attempt.kind === 'done') return attempt.answer
      if (attempt.kind === 'retry') await this.#pause(course, attempt)
    }
  }

  /** How long to wait before something is sent for the nth time that the target asked to send again. */
  async pauseAfter(attempts: number, answer: HttpAnswer, round: Round): Promise<void> {
    const asked = askedWaitMs(answer, this.#nowMs())
    await this.#wait(this.#nextWaitMs(attempts, asked), round)
  }

  #nowMs(): number {
    return this.#parts.context.scheduler.nowMs()
  }

  #nextWaitMs(attempts: number, askedMs: number | undefined): number {
    const { config, context } = this.#parts
    return nextWaitMs(config.backoff, attempts, askedMs, context.random)
  }

  async #attempt(course: Course): Promise<Attempt> {
    const permit = await this.#enter(course)
    course.attempts++
    let answer: HttpAnswer
    let credentials: Credentials
    try {
      credentials = await this.#credentials(course, permit)
      answer = await this.#exchange(course, permit, credentials)
    } catch (error) {
      return this.#failed(course, error)
    } finally {
      this.#parts.slots.release()
    }
    const { authorizer } = this.#parts
    if (answer.status === 401 && authorizer.refresh !== undefined && !course.hasRefreshed) {
      permit?.succeeded()
      course.hasRefreshed = true
      return await this.#refresh(course, credentials)
    }
    return this.#answered(course, permit, answer)
  }

  /** Waits for a slot, the circuit and the rate. Throws when the round stops. The slot is to be released. */
  async #enter(course: Course): Promise<CircuitPermit | undefined> {
    const { slots, circuits, bucket } = this.#parts
    const { round, request } = course
    for (;;) {
      if (!(await slots.take(round.stopping))) throw round.reason
      course.startedMs ??= this.#nowMs()
      const permit = circuits?.tryEnter(request.origin)
      if (circuits === undefined || permit !== undefined) {
        await bucket?.take(round.stopping)
        if (!round.stopping.aborted) return permit
        permit?.abandoned()
        slots.release()
        throw round.reason
      }
      slots.release()
      await this.#untilCircuitChanges(circuits, course)
    }
  }

  /** Gives the batch back when its time is over, for the runtime to tell; a record is not rejected for that. */
  async #untilCircuitChanges(circuits: Circuits, course: Course): Promise<void> {
    const { config } = this.#parts
    const { request, round } = course
    const restMs =
      config.onDeliveryTimeout === 'reject'
        ? Infinity
        : config.deliveryTimeoutMs - this.#spentMs(course)
    if (restMs <= 0) throw this.#circuitOpen(course)
    const sinceMs = this.#nowMs()
    await circuits.changed(request.origin, round.stopping, restMs)
    course.pausedMs += this.#nowMs() - sinceMs
  }

  #circuitOpen(course: Course): MillraceError {
    return new MillraceError(
      'MR_SINK_UNAVAILABLE',
      `${this.#what(course)}: not sent, for its target has failed too often`,
      {
        cause: this.#parts.circuits?.errorOf(course.request.origin),
        hint: 'Check that the target is up and reachable; the sink tries again.',
        at: this.#at(course),
      },
    )
  }

  #spentMs({ startedMs }: Course): number {
    return startedMs === undefined ? 0 : this.#nowMs() - startedMs
  }

  async #credentials(course: Course, permit: CircuitPermit | undefined): Promise<Credentials> {
    try {
      return await this.#parts.authorizer.headers(course.request)
    } catch (error) {
      // It tells nothing of the target.
      permit?.abandoned()
      throw credentialsError(error, course.at)
    }
  }

  async #exchange(
    course: Course,
    permit: CircuitPermit | undefined,
    credentials: Credentials,
  ): Promise<HttpAnswer> {
    const { request, round } = course
    const { transport, config } = this.#parts
    const signed = { ...request, headers: { ...request.headers, ...credentials } }
    const send = (it: HttpRequest): Promise<HttpAnswer> => transport.send(it, round.givenUp)
    const isIdempotent = request.method === 'PUT' || request.method === 'DELETE'
    const follows = (config.redirects ?? (isIdempotent ? 'follow' : 'error')) === 'follow'
    try {
      return await (follows ? sendFollowing(signed, send) : send(signed))
    } catch (error) {
      if (round.givenUp.aborted) {
        permit?.abandoned()
        throw round.reason
      }
      const failure = connectionError(error, this.#what(course), this.#at(course))
      if (failure.action === 'retry') permit?.failed(failure)
      else permit?.abandoned()
      throw failure
    }
  }

  #failed(course: Course, error: unknown): Attempt {
    if (course.round.givenUp.aborted) throw course.round.reason
    if (MillraceError.is(error, 'MR_SINK_UNAVAILABLE')) {
      return { kind: 'retry', error, askedMs: undefined }
    }
    throw error
  }

  async #refresh(course: Course, refused: Credentials): Promise<Attempt> {
    try {
      await this.#parts.authorizer.refresh?.(refused)
      return { kind: 'again' }
    } catch (error) {
      return this.#failed(course, credentialsError(error, course.at))
    }
  }

  #answered(course: Course, permit: CircuitPermit | undefined, answer: HttpAnswer): Attempt {
    const { status } = answer
    const proposed = this.#proposed(course, status)
    const outcome = this.#parts.classify?.(answer, proposed) ?? proposed
    const isOverload = status === 408 || status === 429 || status >= 500
    if (outcome === 'retry' && isOverload) permit?.failed(this.#error(course, answer, outcome))
    else permit?.succeeded()
    if (outcome === 'done') return { kind: 'done', answer }
    const error = this.#error(course, answer, outcome)
    if (outcome !== 'retry') throw error
    return { kind: 'retry', error, askedMs: askedWaitMs(answer, this.#nowMs()) }
  }

  /** 409 is tried for a while only: where it is no request under way, it stays. */
  #proposed(course: Course, status: number): HttpOutcome {
    const { config, hasKey } = this.#parts
    const outcome = outcomeOfStatus(status, { hasKey, unauthorized: config.unauthorized })
    if (status !== 409 || outcome !== 'retry') {
      course.conflictSinceMs = undefined
      return outcome
    }
    const nowMs = this.#nowMs()
    course.conflictSinceMs ??= nowMs
    return nowMs - course.conflictSinceMs < config.conflictTimeoutMs ? 'retry' : 'reject'
  }

  #error(course: Course, answer: HttpAnswer, outcome: HttpOutcome): MillraceError {
    const { status, body } = answer
    const excerpt = this.#parts.redactor.redact(excerptOf(body))
    return new MillraceError(CODES[outcome], `${this.#what(course)} answered ${status}`, {
      cause: new HttpAnswerError(status, excerpt),
      hint: hintOfStatus(status),
      at: { ...this.#at(course), status },
    })
  }

  /** Waits for the next attempt, unless there is no more time. */
  async #pause(course: Course, { error, askedMs }: Attempt & { kind: 'retry' }): Promise<void> {
    const { config } = this.#parts
    const waitMs = this.#nextWaitMs(course.attempts, askedMs)
    this.#tell(course, error, waitMs)
    const spentMs = this.#spentMs(course)
    if (config.onDeliveryTimeout === 'keep-trying') {
      // What the target asked for is waited for first: the runtime does not know of it.
      await this.#wait(waitMs, course.round)
      if (spentMs + waitMs >= config.deliveryTimeoutMs) throw error
      return
    }
    // An outage that opens the circuit is none of the record's: it takes nothing of its time.
    const restMs = config.deliveryTimeoutMs - (spentMs - course.pausedMs)
    if (restMs <= 0) throw undelivered(error, config.deliveryTimeoutMs)
    // The last attempt is made when the time is over, however long the target asked to wait.
    await this.#wait(Math.min(waitMs, restMs), course.round)
  }

  async #wait(ms: number, round: Round): Promise<void> {
    await wait(this.#parts.context.scheduler, ms, round.stopping)
    if (round.stopping.aborted) throw round.reason
  }

  /** Logs the 4th, 8th, 16th … failed attempt: what passes by itself is not worth a line. */
  #tell(course: Course, error: MillraceError, waitMs: number): void {
    const { attempts } = course
    if (attempts < 4 || (attempts & (attempts - 1)) !== 0) return
    this.#parts.context.logger.warn('an HTTP request is tried again', {
      ...{ ...error.at, attempts, waitMs, error: error.message },
    })
  }

  #what({ request }: Course): string {
    return this.#parts.redactor.redact(`${request.method} ${shownUrl(request)}`)
  }

  #at({ at, attempts }: Course): Coordinates {
    return { ...at, attempts }
  }
}

const CODES = {
  done: 'MR_SINK_UNAVAILABLE',
  retry: 'MR_SINK_UNAVAILABLE',
  reject: 'MR_SINK_REJECTED',
  fail: 'MR_SINK_FAILED',
} as const

/** A function of the options that fails is tried again: what it asks for credentials may be down. */
function credentialsError(error: unknown, at: Coordinates): MillraceError {
  if (MillraceError.is(error)) return error
  return new MillraceError('MR_SINK_UNAVAILABLE', 'The function in `auth` gave no credentials', {
    cause: error,
    hint: 'Mend the function, or what it asks; the sink tries again.',
    at,
  })
}

function undelivered(error: MillraceError, timeoutMs: number): MillraceError {
  return new MillraceError(
    'MR_SINK_REJECTED',
    `${error.message}, and deliveryTimeout (${timeoutMs} ms) has passed`,
    {
      cause: error.cause ?? error,
      hint: "Raise `deliveryTimeout`, or let the record wait with `onDeliveryTimeout: 'keep-trying'`.",
      at: error.at,
    },
  )
}
