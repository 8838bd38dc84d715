import type { Scheduler } from '@millrace/core/internal'
import type { Dispatcher } from 'undici'
import type { HttpAnswer } from './http-answer.ts'

/** Bounds of one exchange. */
export interface ExchangeBounds {
  readonly headersMs: number
  readonly bodyMs: number
  readonly maxResponseBytes: number
}

/** What is read and dropped of a body beyond what is kept, to keep the connection; more costs more than a new one. */
const DROPPED_BYTES = 256 * 1024

/** An attempt took too long. */
export class HttpTimeoutError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'HttpTimeoutError'
  }
}

/**
 * One request and its answer, as the client tells of them. Its own `request` would make a stream of each answer, at a
 * tenth more CPU time (`bench sink-http`).
 *
 * The client may begin more than once, on another connection, while nothing of the request was sent.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpAnswer>
  readonly #bounds: ExchangeBounds
  readonly #scheduler: Scheduler
  readonly #signal: AbortSignal
  readonly #giveUp: () => void
  readonly #chunks: Uint8Array[] = []
  #resolve: (answer: HttpAnswer) => void = () => undefined
  #reject: (error: Error) => void = () => undefined
  #controller: Dispatcher.DispatchController | undefined
  #cancelTimer: () => void
  #settledWith: Error | undefined
  #isSettled = false
  /** 0 until there are headers. */
  #status = 0
  #headers: Readonly<Record<string, string>> = {}
  #bytes = 0
  #kept = 0

  constructor(bounds: ExchangeBounds, scheduler: Scheduler, signal: AbortSignal) {
    this.#bounds = bounds
    this.#scheduler = scheduler
    this.#signal = signal
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#giveUp = () => {
      this.fail(signal.reason as Error) // of the sink's own controllers
    }
    signal.addEventListener('abort', this.#giveUp, { once: true })
    this.#cancelTimer = this.#deadline(bounds.headersMs, 'no answer')
    if (signal.aborted) this.#giveUp()
  }

  /** Nothing is to be sent any more. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#settledWith !== undefined) controller.abort(this.#settledWith)
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200 || this.#isSettled) return
    this.#status = status
    this.#headers = flatHeaders(headers)
    this.#cancelTimer()
    this.#cancelTimer = this.#deadline(this.#bounds.bodyMs, 'no end of the answer')
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return
    const { maxResponseBytes } = this.#bounds
    this.#bytes += chunk.length
    if (this.#kept < maxResponseBytes) {
      // A copy: a chunk is a part of what the connection has read.
      const part = Uint8Array.from(chunk.subarray(0, maxResponseBytes - this.#kept))
      this.#chunks.push(part)
      this.#kept += part.length
    }
    if (this.#bytes > maxResponseBytes + DROPPED_BYTES) {
      this.fail(new Error('the answer is too long')) // its status is there: it is an answer
    }
  }

  onResponseEnd(): void {
    this.#succeed(this.#bytes > this.#kept)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  #deadline(afterMs: number, what: string): () => void {
    return this.#scheduler.setTimer(afterMs, () => {
      this.fail(new HttpTimeoutError(`${what} within ${afterMs} ms`))
    })
  }

  /** What fails after the headers is an answer all the same, unless it is given up: its status was there. */
  fail(error: Error): void {
    if (this.#isSettled) return
    this.#settledWith = error
    if (this.#status !== 0 && !this.#signal.aborted) this.#succeed(true)
    else if (this.#settle()) this.#reject(error)
    this.#controller?.abort(error)
  }

  #succeed(isTruncated: boolean): void {
    if (!this.#settle()) return
    const [first, more] = this.#chunks
    const body = first !== undefined && more === undefined ? first : Buffer.concat(this.#chunks)
    this.#resolve({ status: this.#status, headers: this.#headers, body, isTruncated })
  }

  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#cancelTimer()
    this.#signal.removeEventListener('abort', this.#giveUp)
    return true
  }
}

function flatHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}
