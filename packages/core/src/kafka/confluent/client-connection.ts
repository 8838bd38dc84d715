import { sleep } from '../../base/sleep.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import type { Logger } from '../../observe/logger.ts'
import { CODE, readClientError } from './client-error.ts'
import { type ClientLogEvent, forwardClientLog } from './client-log.ts'
import { type ErrorContext, translateError } from './translate-error.ts'

type Callback<T> = (error: unknown, value: T) => void

/** What consumers and producers of the client have in common. */
export interface ConnectableClient {
  connect(
    options: { readonly allTopics: boolean; readonly timeout: number },
    callback: (error: unknown) => void,
  ): unknown
  on(event: 'event.log', listener: (event: ClientLogEvent) => void): unknown
  on(event: 'event.error', listener: (error: unknown) => void): unknown
}

export interface ConnectionOptions<C extends ConnectableClient> {
  /** Called again after a failed connect: a client that failed to connect is of no more use. */
  readonly create: () => C
  readonly disconnect: (client: C, done: () => void) => unknown
  readonly context: Omit<ErrorContext, 'operation'> & { readonly clientId: string }
  readonly logger: Logger
  readonly onError?: (error: unknown) => void
  /** The client is of no more use: the log alone says why. */
  readonly onFatal?: (message: string) => void
}

/** Also bounds a call of the client that finds no broker. */
const CONNECT_TIMEOUT_MS = 10_000

const CLOSE_TIMEOUT_MS = 30_000

/**
 * The life of one native client: connected by the first call, closed once.
 *
 * Semantics: a failed connect rejects the call that needed it, and the next call tries again.
 * Why: the native methods do not lock the client against its own disconnect. A disconnect while a
 * call runs in libuv's pool (commitTransaction, committed, seek) frees memory under it and kills the
 * process. So every call is counted here, and close waits for all of them.
 */
export class ClientConnection<C extends ConnectableClient> {
  readonly #options: ConnectionOptions<C>
  readonly #pending = new Set<Promise<unknown>>()
  #client: C | undefined
  #connecting: Promise<C> | undefined
  #closing: Promise<void> | undefined
  #isAbandoned = false

  constructor(options: ConnectionOptions<C>) {
    this.#options = options
  }

  /** The client when it is connected, for calls that return at once. */
  get client(): C | undefined {
    return this.#closing === undefined ? this.#client : undefined
  }

  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  async connect(): Promise<C> {
    if (this.#closing !== undefined) throw this.#closedError('connect')
    if (this.#client !== undefined) return this.#client
    this.#connecting ??= this.#connectOnce().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  /** Connects if need be, and awaits one call that reports by callback. Errors come translated. */
  async run<T>(operation: string, call: (client: C, done: Callback<T>) => void): Promise<T> {
    try {
      return await this.runRaw(await this.connect(), call)
    } catch (error) {
      throw this.translate(error, operation)
    }
  }

  /** As {@link run} on a connected client, with the client's own errors. */
  async runRaw<T>(client: C, call: (client: C, done: Callback<T>) => void): Promise<T> {
    if (this.#closing !== undefined) throw this.#closedError('call')
    const result = new Promise<T>((resolve, reject) => {
      call(client, (error, value) => {
        // The client says "no error" with null, undefined or nothing.
        if (error === null || error === undefined) resolve(value)
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- translated by run
        else reject(error)
      })
    })
    return this.hold(result)
  }

  /** Makes close wait for `work`: another client may use this one in it. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work)
    try {
      return await work
    } finally {
      this.#pending.delete(work)
    }
  }

  translate(error: unknown, operation: string, more: Partial<ErrorContext> = {}): MillraceError {
    return translateError(error, { ...this.#options.context, ...more, operation })
  }

  /** Close will not touch the client any more: a call of it may never return, and still use it. */
  abandon(): void {
    this.#isAbandoned = true
    this.#options.logger.warn(
      'a call of the Kafka client has not returned; the client is given up',
      {
        ...this.#options.context,
      },
    )
  }

  /** `beforeDisconnect` runs when no call is under way any more and the client is still connected. */
  close(beforeDisconnect?: (client: C) => void): Promise<void> {
    this.#closing ??= this.#close(beforeDisconnect)
    return this.#closing
  }

  async #close(beforeDisconnect: ((client: C) => void) | undefined): Promise<void> {
    const timeout = new AbortController()
    const disconnected = this.#disconnect(beforeDisconnect).finally(() => {
      timeout.abort()
    })
    await Promise.race([disconnected, sleep(CLOSE_TIMEOUT_MS, timeout.signal)])
    if (!timeout.signal.aborted) {
      throw new MillraceError('MR_CLOSE_TIMEOUT', 'the Kafka client did not close in time', {
        at: { clientId: this.#options.context.clientId, timeoutMs: CLOSE_TIMEOUT_MS },
      })
    }
  }

  async #disconnect(beforeDisconnect: ((client: C) => void) | undefined): Promise<void> {
    // A connect under way sets #client; one that fails has nothing to disconnect.
    await Promise.allSettled([this.#connecting])
    if (this.#isAbandoned) return
    await Promise.allSettled(this.#pending)
    const client = this.#client
    if (client === undefined) return
    beforeDisconnect?.(client)
    this.#client = undefined
    await new Promise<void>((resolve) => {
      this.#options.disconnect(client, resolve)
    })
  }

  async #connectOnce(): Promise<C> {
    const { create, context, logger, onError, onFatal } = this.#options
    let eventCode: number | undefined
    try {
      const client = create()
      const forward = forwardClientLog(logger, context.clientId)
      client.on('event.log', (event) => {
        forward(event)
        if (event.fac === 'FATAL') onFatal?.(event.message)
      })
      client.on('event.error', (error) => {
        eventCode = readClientError(error).code ?? eventCode
        onError?.(error)
      })
      await new Promise<void>((resolve, reject) => {
        client.connect({ allTopics: false, timeout: CONNECT_TIMEOUT_MS }, (error) => {
          if (error === null || error === undefined) resolve()
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- translated below
          else reject(error)
        })
      })
      this.#client = client
      return client
    } catch (error) {
      throw this.#connectError(error, eventCode)
    }
  }

  /**
   * A refused password, too, ends as "timed out" here: that it was refused is told by an event
   * before. An error without a code comes from reading the settings.
   */
  #connectError(error: unknown, eventCode: number | undefined): MillraceError {
    if (eventCode === CODE.authentication || eventCode === CODE.ssl) {
      return this.translate({ message: 'connect failed', code: eventCode }, 'connect')
    }
    const code = readClientError(error).code
    if (code !== undefined && code !== CODE.state) return this.translate(error, 'connect')
    return this.translate(
      { message: readClientError(error).message, code: CODE.invalidArg },
      'connect',
    )
  }

  #closedError(operation: string): MillraceError {
    return new MillraceError('MR_KAFKA', `${operation}: the Kafka client is closed`, {
      at: { clientId: this.#options.context.clientId },
    })
  }
}
