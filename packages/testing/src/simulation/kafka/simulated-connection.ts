import { ANY_BROKER, type BrokerNetwork, type ClientIdentity } from './broker-network.ts'
import { closedClient } from './broker-error.ts'
import type { KafkaOperation } from './kafka-faults.ts'

/** As the real client: also what bounds a call that finds no broker. */
const CONNECT_TIMEOUT_MS = 10_000

/** Of what a client does without a broker: it takes a turn all the same. */
const LOCAL_MS = 0.1

/** The life of one client: connected by its first call, closed once. */
export class SimulatedConnection {
  readonly client: ClientIdentity
  readonly #network: BrokerNetwork
  #connecting: Promise<void> | undefined
  #isConnected = false
  #isClosed = false

  constructor(network: BrokerNetwork, client: ClientIdentity) {
    this.#network = network
    this.client = client
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.#isClosed
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** A failed connect rejects the call that needed it, and the next call tries again. */
  async connect(operation: string): Promise<void> {
    this.assertOpen(operation)
    if (this.#isConnected) return
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    await this.#connecting
    this.assertOpen(operation)
  }

  /** Connects, and lets a moment pass: for what needs no broker, but is awaited. */
  async turn(operation: KafkaOperation): Promise<void> {
    await this.connect(operation)
    await new Promise<void>((resolve) => {
      this.client.process.complete(LOCAL_MS, operation, resolve)
    })
    this.assertOpen(operation)
  }

  /** True the first time. */
  close(): boolean {
    const isFirst = !this.#isClosed
    this.#isClosed = true
    return isFirst
  }

  assertOpen(operation: string): void {
    if (!this.#isClosed) return
    throw closedClient({ operation, clientId: this.client.clientId })
  }

  async #connect(): Promise<void> {
    const { client } = this
    await this.#network.call<undefined>(
      {
        client,
        operation: 'connect',
        broker: ANY_BROKER,
        timeoutMs: CONNECT_TIMEOUT_MS,
        place: { operation: 'connect', clientId: client.clientId },
      },
      (answer) => {
        answer.resolve(undefined)
      },
    )
    this.#isConnected = true
  }
}
