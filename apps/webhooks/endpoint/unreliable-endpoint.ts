import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Alert } from '../topology.ts'
import { AlertLedger } from './alert-ledger.ts'
import type { Fault } from './faults.ts'

export interface EndpointOptions {
  /** @defaultValue 0, any that is free */
  readonly port?: number
  /** @defaultValue '127.0.0.1' */
  readonly host?: string
  /** Asked for each request. */
  readonly nextFault: () => Fault | undefined
}

/** An HTTP endpoint that takes alerts, fails as it is told, and has the effect of each idempotency key once. */
export class UnreliableEndpoint {
  readonly ledger: AlertLedger = new AlertLedger()
  readonly #faults = new Map<string, number>()
  readonly #nextFault: () => Fault | undefined
  readonly #server: Server
  #requests = 0

  private constructor({ nextFault }: EndpointOptions) {
    this.#nextFault = nextFault
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => {
        response.destroy() // the client has gone, or what it sent is no alert
      })
    })
  }

  static async start(options: EndpointOptions): Promise<UnreliableEndpoint> {
    const endpoint = new UnreliableEndpoint(options)
    endpoint.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1')
    await once(endpoint.#server, 'listening')
    return endpoint
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('it does not listen')
    return `http://127.0.0.1:${address.port}/alerts`
  }

  get requests(): number {
    return this.#requests
  }

  /** How often it has failed, by kind. */
  get faults(): ReadonlyMap<string, number> {
    return this.#faults
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = request.headers['idempotency-key']
    const alert = (await json(request)) as Alert // who sends anything else is not answered
    this.#requests++
    if (typeof key !== 'string') {
      response.writeHead(400).end('an Idempotency-Key is needed\n')
      return
    }
    const fault = this.#nextFault()
    if (fault === undefined || fault.processed) this.ledger.add(key, alert)
    if (fault === undefined) response.writeHead(204).end()
    else this.#fail(fault, response)
  }

  #fail({ kind }: Fault, response: ServerResponse): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1)
    if (kind === 'error') response.writeHead(503).end('not now\n')
    else if (kind === 'too many requests') response.writeHead(429, { 'retry-after': '1' }).end()
    else if (kind === 'reset') response.socket?.resetAndDestroy()
    // Silence: no answer ever. The client has to give up by itself.
  }
}
