import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a server does with a request. */
export type LedgerReply = 'take' | 'take and lose the answer' | 'lose' | number | LedgerRefusal

export interface LedgerRefusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** A receiver that honours idempotency keys: its ledger has each effect once. */
export class LedgerServer {
  /** Bodies by key, in the order of effects. */
  readonly effects: Map<string, string> = new Map()
  /** Keys that came with another body than before. */
  readonly changed: string[] = []
  requests = 0
  repeated = 0
  reply: (body: string, headers: NodeJS.Dict<string | string[]>) => LedgerReply = () => 'take'
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      text(request).then(
        (body) => {
          this.requests++
          const reply = this.reply(body, request.headers)
          if (typeof reply !== 'string') {
            const { status, headers } =
              typeof reply === 'number' ? { status: reply, headers: {} } : reply
            response.writeHead(status, headers).end(`answer of ${status}`)
            return
          }
          if (reply !== 'lose') this.#take(String(request.headers['idempotency-key']), body)
          if (reply === 'take')
            response.writeHead(201, { 'x-took': encodeURIComponent(body) }).end('{}')
          else request.socket.resetAndDestroy()
        },
        () => response.destroy(), // the client has gone
      )
    })
  }

  static async start(): Promise<LedgerServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new LedgerServer(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/` // it listens on TCP
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #take(key: string, body: string): void {
    const before = this.effects.get(key)
    if (before === undefined) this.effects.set(key, body)
    else {
      this.repeated++
      if (before !== body) this.changed.push(key)
    }
  }
}
