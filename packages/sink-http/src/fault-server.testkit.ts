import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { closeAfterTest } from './close-after.testkit.ts'

/** An answer with 200 later, unless the client has gone. */
interface StallReply {
  readonly stallUntil: Promise<void>
  /** Whether the effect comes at once, or with the answer. */
  readonly takesEffect: boolean
}

/** The answer begins, and stops: for ever, or by the end of the connection. */
interface HalfReply {
  readonly half: 'stalls' | 'breaks'
  readonly status?: number
}

/** What the server does with a request. */
export type Reply =
  | {
      /** @defaultValue 200 */
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | Uint8Array
      /** Whether the request takes effect. @defaultValue for a status below 300 */
      readonly takesEffect?: boolean
    }
  | StallReply
  /** No answer ever. */
  | { readonly hang: true }
  /** The connection ends, before or after the effect. */
  | { readonly reset: 'before' | 'after' }
  | HalfReply

/** A request as it came. */
export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** Of the header, quotes taken off. */
  readonly key: string
  readonly atMs: number
}

/** Decides by request: the nth of all, from 0. Undefined is 200. */
export type Script = (request: ReceivedRequest, index: number) => Reply | undefined

/** A server whose faults are scripted, and whose ledger has each effect once by key, as one that honours keys. */
export class FaultServer {
  readonly requests: ReceivedRequest[] = []
  /** Effects in the order in which they came about. */
  readonly effects: ReceivedRequest[] = []
  /** Requests whose key had its effect already. */
  duplicates = 0
  underWay = 0
  mostUnderWay = 0
  connections = 0
  script: Script
  readonly #keys = new Set<string>()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  readonly #scheme: string

  private constructor(script: Script, tls: { cert: string; key: string; ca?: string } | undefined) {
    this.script = script
    this.#scheme = tls === undefined ? 'http' : 'https'
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#handle(request, response)
    }
    this.#server =
      tls === undefined
        ? createServer(handle)
        : createTlsServer({ ...tls, requestCert: tls.ca !== undefined }, handle)
    this.#server.on('connection', (socket: Socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  /** Closed when the test is over. */
  static async start(
    script: Script = () => undefined,
    tls?: { cert: string; key: string; ca?: string },
  ): Promise<FaultServer> {
    const server = new FaultServer(script, tls)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    closeAfterTest(() => server.close())
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port // it listens on TCP
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`
  }

  /** Connections that are open. */
  get openConnections(): number {
    return this.#sockets.size
  }

  /** Ends all connections, as a balancer that restarts. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve()
      })
      this.cut()
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.underWay++
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay)
    response.on('close', () => this.underWay--)
    const received = await receive(request)
    if (received === undefined) return
    const index = this.requests.push(received) - 1
    await this.#reply(received, this.script(received, index) ?? {}, response)
  }

  async #reply(received: ReceivedRequest, reply: Reply, response: ServerResponse): Promise<void> {
    if ('hang' in reply) return
    if ('stallUntil' in reply) await this.#stall(received, reply, response)
    else if ('reset' in reply) {
      if (reply.reset === 'after') this.#takeEffect(received)
      response.socket?.resetAndDestroy()
    } else if ('half' in reply) this.#half(received, reply, response)
    else {
      const { status = 200, headers = {}, body = '' } = reply
      if (reply.takesEffect ?? status < 300) this.#takeEffect(received)
      response.writeHead(status, headers).end(body)
    }
  }

  #half(received: ReceivedRequest, reply: HalfReply, response: ServerResponse): void {
    this.#takeEffect(received)
    const { socket } = response
    response.writeHead(reply.status ?? 200, { 'content-length': '1000' })
    response.write('{"half":')
    if (reply.half === 'breaks') setTimeout(() => socket?.resetAndDestroy(), 20)
  }

  async #stall(
    received: ReceivedRequest,
    { stallUntil, takesEffect }: StallReply,
    response: ServerResponse,
  ): Promise<void> {
    if (takesEffect) this.#takeEffect(received)
    await stallUntil
    if (response.destroyed) return
    if (!takesEffect) this.#takeEffect(received)
    response.end()
  }

  /** Once for each key. */
  #takeEffect(request: ReceivedRequest): void {
    if (request.key !== '' && this.#keys.has(request.key)) {
      this.duplicates++
      return
    }
    this.#keys.add(request.key)
    this.effects.push(request)
  }
}

/** Undefined when the client went away. */
async function receive(request: IncomingMessage): Promise<ReceivedRequest | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    return undefined // the client has reset the connection: there is no request
  }
  const key = request.headers['idempotency-key']
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
    key: typeof key === 'string' ? key.replace(/^"|"$/g, '') : '',
    atMs: Date.now(),
  }
}
