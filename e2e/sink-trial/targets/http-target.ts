import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { text as textOf } from 'node:stream/consumers'
import { type Random, seededRandom } from '@millrace/trial'
import { type Arrived, compareArrivals } from '../compare.ts'
import type { FedRecord } from '../records.ts'
import type { Findings, TargetAddress, TrialTarget } from './trial-target.ts'

/** What the server does instead of answering as it should. */
type Fault = 'status 500' | 'status 503' | 'status 429' | 'hang' | 'reset before' | 'reset after'

const FAULTS: readonly Fault[] = [
  'status 500',
  'status 503',
  'status 429',
  'hang',
  'reset before',
  'reset after',
]

/** Of requests, in hundredths. */
const FAULTY_PERCENT = 5

/** Longer than the client's time-out. */
const HANG_MS = 10_000

/** A server that honours idempotency keys, fails now and then, and keeps a ledger of effects. */
export class HttpTrialTarget implements TrialTarget {
  readonly address: TargetAddress
  readonly #server: Server
  readonly #port: number
  readonly #random: Random
  readonly #effects: Arrived[] = []
  readonly #keys = new Set<string>()
  readonly #faults = new Map<Fault, number>()
  #requests = 0
  #repeated = 0
  #refused = 0

  static async start(seed: number): Promise<HttpTrialTarget> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new HttpTrialTarget(server, seed)
  }

  private constructor(server: Server, seed: number) {
    this.#server = server
    this.#random = seededRandom(seed)
    const { port } = server.address() as AddressInfo // it listens on TCP
    this.#port = port
    this.address = { kind: 'http', url: `http://127.0.0.1:${port}/events` }
    server.on('request', (request, response) => {
      this.#answer(request, response).catch(() => {
        response.destroy() // the client has gone
      })
    })
  }

  count(): Promise<number> {
    return Promise.resolve(this.#effects.length)
  }

  compare(fed: readonly FedRecord[]): Promise<Findings> {
    const findings = compareArrivals(fed, this.#effects, { ordered: true })
    const problems =
      this.#refused === 0 ? [] : [`${this.#refused} requests had no key, or no record in them`]
    return Promise.resolve({ ...findings, problems: [...findings.problems, ...problems] })
  }

  summary(): string {
    const faults = [...this.#faults].map(([fault, count]) => `${count} ${fault}`).join(', ')
    return `${this.#requests} requests, ${this.#repeated} repeated; faults: ${faults}`
  }

  async outage(awayMs: number): Promise<void> {
    await this.stop()
    await sleep(awayMs)
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests++
    const fault = this.#chooseFault()
    if (fault === 'reset before') {
      request.socket.resetAndDestroy()
      return
    }
    const body = await textOf(request)
    if (fault === 'hang') {
      setTimeout(() => response.destroy(), HANG_MS).unref()
      return
    }
    if (fault?.startsWith('status') === true) {
      const status = Number(fault.slice(-3))
      response.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end('not now')
      return
    }
    const status = this.#take(request.headers['idempotency-key'], request.headers['x-key'], body)
    if (fault === 'reset after') request.socket.resetAndDestroy()
    else response.writeHead(status).end()
  }

  #chooseFault(): Fault | undefined {
    if (this.#random() * 100 >= FAULTY_PERCENT) return undefined
    const fault = FAULTS[Math.floor(this.#random() * FAULTS.length)]
    if (fault !== undefined) this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1)
    return fault
  }

  #take(idempotencyKey: unknown, key: unknown, body: string): number {
    const effect = readEffect(body, key)
    if (typeof idempotencyKey !== 'string' || effect === undefined) {
      this.#refused++
      return 400
    }
    if (this.#keys.has(idempotencyKey)) this.#repeated++
    else this.#effects.push(effect)
    this.#keys.add(idempotencyKey)
    return 204
  }
}

function readEffect(body: string, key: unknown): Arrived | undefined {
  try {
    const { n, text } = JSON.parse(body) as Partial<Arrived> // Whatever it is: looked at below.
    if (typeof n === 'number' && typeof text === 'string' && typeof key === 'string') {
      return { n, text, key }
    }
  } catch {
    // No JSON: refused.
  }
  return undefined
}
