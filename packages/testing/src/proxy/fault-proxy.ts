import { createServer, type Server, type Socket } from 'node:net'
import { ArmedInterception, type Interception, type InterceptionRule } from './interception.ts'
import { ProxiedConnection } from './proxied-connection.ts'

const LOOPBACK = '127.0.0.1'

let proxies = 0

/**
 * An address of the loopback interface for one proxy. While a proxy refuses connections its port is free, and another
 * program may be given it: on an address of its own none is. Systems other than Linux and Windows have one address only.
 */
function ownLoopback(): string {
  if (process.platform !== 'linux' && process.platform !== 'win32') return LOOPBACK
  const { pid } = process
  proxies++
  return `127.${1 + ((pid >> 8) & 0x7f)}.${pid & 0xff}.${1 + (proxies % 254)}`
}

/** Options of {@link FaultProxy.start}. */
export interface FaultProxyOptions {
  /** Of the target. */
  readonly port: number
  /** Of the target. @defaultValue '127.0.0.1' */
  readonly host?: string
}

/**
 * A TCP proxy in front of a server, to break the connection where a test wants it: `client → proxy → target`. It listens
 * on the loopback interface only. Bytes pass unchanged and in order unless a method says otherwise; connections
 * are those of all clients, so a proxy for each client breaks one alone.
 */
export class FaultProxy {
  /** Where clients connect to, as {@link port} says. It stays the same. */
  readonly host: string = ownLoopback()
  readonly #address: { host: string; port: number }
  readonly #connections = new Set<ProxiedConnection>()
  readonly #interceptions = new Set<ArmedInterception>()
  #server: Server | undefined
  #port = 0
  #accepted = 0
  #isStalled = false
  #isBlackHole = false
  #delayMs = 0

  private constructor({ port, host = LOOPBACK }: FaultProxyOptions) {
    this.#address = { host, port }
  }

  /** Listens on a free port. The target need not be there yet. */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options)
    await proxy.#listen()
    return proxy
  }

  /** Where clients connect to; it stays the same. */
  get port(): number {
    return this.#port
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#connections.size
  }

  /** Connections that were accepted since the start. */
  get acceptedConnections(): number {
    return this.#accepted
  }

  /** Severs all connections: the client sees a reset. New ones are accepted. As a killed process leaves it, for the target. */
  cut(): void {
    for (const connection of this.#connections) connection.cut()
    this.#connections.clear()
  }

  /** Severs all connections and refuses new ones, until {@link resume}. */
  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.cut()
    if (server === undefined) return
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve()
      })
      // Those that were accepted in the meantime.
      this.cut()
    })
  }

  /** Holds all bytes, both ways, until {@link resume}, which delivers them. Connections are accepted. */
  stall(): void {
    this.#isStalled = true
  }

  /** Takes all bytes, both ways, and loses them, until {@link resume}, which severs the connections that lost some. */
  blackHole(): void {
    this.#isBlackHole = true
  }

  /** Each piece of data takes that much longer, either way; 0 ends it. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  /** Ends `refuse`, `stall`, `blackHole` and `delay`. Interceptions stay. */
  async resume(): Promise<void> {
    this.#isStalled = false
    this.#isBlackHole = false
    this.#delayMs = 0
    for (const connection of this.#connections) {
      if (connection.isBroken) connection.cut()
      else connection.flush()
    }
    if (this.#server === undefined) await this.#listen()
  }

  /** Waits for certain bytes, on any connection, and breaks that one there. Happens once. */
  intercept(rule: InterceptionRule): Interception {
    const interception = new ArmedInterception(rule)
    this.#interceptions.add(interception)
    return interception
  }

  /** Severs all and stops listening. Idempotent. */
  async close(): Promise<void> {
    await this.refuse()
  }

  #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      this.#accept(client)
    })
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, this.host, () => {
        const address = server.address()
        if (typeof address === 'object' && address !== null) this.#port = address.port
        resolve()
      })
    })
  }

  #accept(client: Socket): void {
    this.#accepted++
    const connection: ProxiedConnection = new ProxiedConnection(client, this.#address, {
      isStalled: () => this.#isStalled,
      isBlackHole: () => this.#isBlackHole,
      delayMs: () => this.#delayMs,
      takeInterception: (direction, chunk) => this.#take(connection, direction, chunk),
    })
    this.#connections.add(connection)
    connection.onClose(() => {
      this.#connections.delete(connection)
    })
  }

  #take(
    connection: ProxiedConnection,
    direction: InterceptionRule['direction'],
    chunk: Buffer,
  ): { interception: ArmedInterception; index: number } | undefined {
    for (const interception of this.#interceptions) {
      if (interception.isOver) this.#interceptions.delete(interception)
      else if (interception.rule.direction === direction) {
        const index = interception.find(connection, chunk)
        if (index === undefined) continue
        this.#interceptions.delete(interception)
        return { interception, index }
      }
    }
    return undefined
  }
}
