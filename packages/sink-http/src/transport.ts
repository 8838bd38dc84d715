import { MillraceError } from '@millrace/core'
import { isTlsFailure, type Scheduler } from '@millrace/core/internal'
import { Agent, buildConnector } from 'undici'
import { Exchange, HttpTimeoutError } from './exchange.ts'
import type { HttpAnswer } from './http-answer.ts'
import type { HttpRequest } from './http-request.ts'
import type { HttpTlsOptions } from './http-sink-options.ts'

/** What {@link Transport} is made of. */
export interface TransportConfig {
  readonly connections: number
  readonly connectMs: number
  readonly headersMs: number
  readonly bodyMs: number
  readonly maxResponseBytes: number
  readonly tls: HttpTlsOptions
}

/** Connections that nothing was asked on for so long are closed, before most servers and balancers do. */
const KEEP_ALIVE_MS = 4_000
/**
 * One exchange after the other on connections that are kept. No pipelining: a request that a lost connection
 * leaves in doubt is one, and it is the caller who sends it again.
 */
export class Transport {
  readonly #agent: Agent
  readonly #connector: buildConnector.connector
  readonly #config: TransportConfig
  readonly #scheduler: Scheduler

  constructor(config: TransportConfig, scheduler: Scheduler) {
    this.#config = config
    this.#scheduler = scheduler
    const connect = { timeout: config.connectMs, ...connectOptions(config.tls) }
    this.#connector = buildConnector(connect)
    this.#agent = new Agent({
      connections: config.connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Its timers are coarse; those of `send` bound the whole exchange.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect,
    })
  }

  /**
   * Sends a request and reads the answer, the whole of which is consumed or given up when it resolves.
   *
   * Rejects with what the connection failed with, with {@link HttpTimeoutError}, or with the reason of `signal`,
   * at once when it aborts. Whether the request took effect is unknown then. A body that breaks off is an answer
   * all the same (`isTruncated`): its status was there.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const exchange = new Exchange(this.#config, this.#scheduler, signal)
    if (exchange.isSettled) return exchange.answer
    const { origin, path, method, headers, body } = request
    const headerRecord = headers as Record<string, string> // the client does not change it
    try {
      // What it answers is of no use: there are as many connections as requests may be under way.
      this.#agent.dispatch(
        { origin, path, method, headers: headerRecord, body: body ?? null },
        exchange,
      )
    } catch (error) {
      exchange.fail(error instanceof Error ? error : new Error(String(error)))
    }
    return exchange.answer
  }

  /** Connects, TLS included, and closes the connection again. Rejects as {@link send} does. */
  async connect(origin: string, signal: AbortSignal): Promise<void> {
    const { protocol, host, hostname, port } = new URL(origin)
    // An IPv6 address has brackets in a URL only.
    const address = { hostname: hostname.replace(/^\[|\]$/g, ''), host, protocol, port }
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        reject(signal.reason as Error) // of the sink's own controller
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#connector(address, (error, socket) => {
        signal.removeEventListener('abort', giveUp)
        socket?.destroy()
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  /** Ends what is under way, and closes all connections. */
  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

/** Node's names; its types want arrays and Buffers that may be changed. */
function connectOptions(tls: HttpTlsOptions): Record<string, unknown> {
  const bytes = (value: string | Uint8Array): string | Buffer =>
    typeof value === 'string' ? value : Buffer.from(value)
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = tls
  return {
    ...(ca === undefined ? {} : { ca: isList(ca) ? ca.map(bytes) : bytes(ca) }),
    ...(cert === undefined ? {} : { cert: bytes(cert) }),
    ...(key === undefined ? {} : { key: bytes(key) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  }
}

const isList = (ca: NonNullable<HttpTlsOptions['ca']>): ca is readonly (string | Uint8Array)[] =>
  Array.isArray(ca)

/** What the client says of a request that it did not send. */
const INVALID_CODES: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'])

/** Codes of the client in words; those of Node are known. */
const WORDS: Readonly<Record<string, string>> = {
  '': 'no connection',
  UND_ERR_SOCKET: 'the target has closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
}

/** An error of {@link Transport.send} as the contract of sinks has it. */
export function connectionError(
  cause: unknown,
  what: string,
  at: Readonly<Record<string, string | number>>,
): MillraceError {
  const code = codeOf(cause)
  if (isTlsFailure(code)) {
    return new MillraceError('MR_SINK_FAILED', `${what}: no trusted connection (${code})`, {
      cause,
      hint: 'Give `tls.ca` the authority of the server, `tls.cert` and `tls.key` what it wants of the client, or renew its certificate.',
      at,
    })
  }
  if (INVALID_CODES.has(code)) {
    return new MillraceError('MR_SINK_REJECTED', `${what}: the request is invalid`, {
      cause,
      hint: 'Correct what url, headers or body make of this record.',
      at,
    })
  }
  const why = cause instanceof HttpTimeoutError ? cause.message : (WORDS[code] ?? code)
  return new MillraceError('MR_SINK_UNAVAILABLE', `${what}: ${why}`, {
    cause,
    hint: 'Check that the target is up and reachable; the sink tries again.',
    at,
  })
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  // Node tries several addresses: the first failure stands for all.
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return ''
}
