import type { Sink, SinkCapabilities } from '@millrace/core'
import {
  FaultProxy,
  type SinkHarness,
  type SinkInterruption,
  type SinkRecordShape,
  type SinkRow,
  type SinkStep,
  type SinkUnderTest,
  testSink,
} from '@millrace/testing'
import assert from 'node:assert/strict'
import { FaultServer, type ReceivedRequest, type Reply } from './fault-server.testkit.ts'
import { createSink } from './sink-bed.testkit.ts'
import type { HttpSinkOptions } from './http-sink-options.ts'

type Options = HttpSinkOptions<string | null, SinkRecordShape | null>
type TestedSink = Sink<string | null, SinkRecordShape | null>

/** A fault of the server for one sink. */
interface ServerFault {
  readonly path: string
  readonly step: SinkStep
  readonly how: 'cut' | 'stall'
  readonly reached: () => void
  readonly resumed: Promise<void>
}

/** A receiver that honours keys, with a proxy for each sink, so that one can be killed alone. */
class HttpUnderTest implements SinkUnderTest<string | null, SinkRecordShape | null> {
  readonly #server: FaultServer
  readonly #proxies = new Map<unknown, FaultProxy>()
  readonly #paths = new Map<unknown, string>()
  readonly #options: (url: string) => Options
  #fault: ServerFault | undefined

  constructor(server: FaultServer, options: (url: string) => Options) {
    this.#server = server
    this.#options = options
    server.script = (request) => this.#reply(request)
  }

  async createSink(): Promise<TestedSink> {
    const proxy = await FaultProxy.start({ port: this.#server.port })
    const path = `/process-${this.#proxies.size}`
    const sink = createSink(this.#options(`http://${proxy.host}:${proxy.port}${path}`))
    this.#proxies.set(sink, proxy)
    this.#paths.set(sink, path)
    return sink
  }

  record(shape: SinkRecordShape): { key: string | null; value: SinkRecordShape } {
    return { key: shape.key, value: shape }
  }

  poison(shape: SinkRecordShape): { key: string | null; value: SinkRecordShape } {
    return { key: shape.key, value: { ...shape, key: 'poison' } }
  }

  contents(): Promise<readonly SinkRow[]> {
    const rows = this.#server.effects.flatMap(({ body }) => {
      const values = JSON.parse(body) as SinkRecordShape | SinkRecordShape[] // what records() made
      return [values].flat().map(({ topic, partition, offset, index }) => {
        return { topic, partition, offset, index }
      })
    })
    return Promise.resolve(rows)
  }

  async kill(sink: unknown): Promise<void> {
    await this.#proxies.get(sink)?.refuse()
  }

  interrupt(sink: unknown, step: SinkStep, how: 'cut' | 'stall'): SinkInterruption {
    if (step === 'before-write') {
      const proxy = this.#proxies.get(sink)
      assert.ok(proxy)
      return proxy.intercept({ direction: 'to-target', match: 'POST', then: how })
    }
    let reached = (): void => undefined
    let resume = (): void => undefined
    const isReached = new Promise<void>((resolve) => (reached = resolve))
    const resumed = new Promise<void>((resolve) => (resume = resolve))
    this.#fault = { path: this.#paths.get(sink) ?? '', step, how, reached, resumed }
    return { reached: isReached, resume }
  }

  async stopTarget(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.refuse()
  }

  async startTarget(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.resume()
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.close()
    await this.#server.close()
  }

  #reply(request: ReceivedRequest): Reply {
    const fault = this.#fault
    const isPoison = request.body.includes('"poison"')
    if (fault?.path === request.url) {
      this.#fault = undefined
      fault.reached()
      // What would be refused has no effect, whether or not its answer is lost.
      const takesEffect = fault.step === 'after-commit' && !isPoison
      if (fault.how === 'cut') return { reset: takesEffect ? 'after' : 'before' }
      return { stallUntil: fault.resumed, takesEffect }
    }
    return isPoison ? { status: 422, body: 'poison' } : {}
  }
}

const CAPABILITIES: SinkCapabilities = {
  tier: 'at-least-once',
  proposedMaxRecords: 100,
  maxBatchesInFlight: 16,
}

function harnessOf(
  capabilities: SinkCapabilities,
  options: Partial<Options>,
): SinkHarness<string | null, SinkRecordShape | null> {
  return {
    capabilities,
    steps: ['before-write', 'before-commit', 'after-commit'],
    hasPoison: true,
    canStop: true,
    nullKey: 'written',
    tombstone: 'rejected',
    noticesWithinMs: 2000,
    async open() {
      // A sink of the suite is quick to say that its target is away; an app's has two minutes.
      const quick = {
        deliveryTimeout: 300,
        retry: { initialBackoff: 10, maxBackoff: 50 },
        timeouts: { connect: 1000, headers: 1000 },
        circuitBreaker: false,
      } as const
      return new HttpUnderTest(await FaultServer.start(), (url) => {
        return { url, ...quick, ...options }
      })
    },
  }
}

testSink('http, by key', harnessOf(CAPABILITIES, {}))
testSink('http, by partition', {
  ...harnessOf({ ...CAPABILITIES, maxBatchesInFlight: 1 }, { order: 'partition' }),
  tellsOrder: true,
})
testSink(
  'http, with answers',
  harnessOf(
    { ...CAPABILITIES, emitsTo: ['answers'] },
    {
      responseTopic: 'answers',
      onResponse: ({ status }, { key }) => ({ key, value: String(status) }),
    },
  ),
)
testSink('http, without order', harnessOf(CAPABILITIES, { order: 'none' }))
testSink(
  'http, in batches',
  harnessOf(
    {
      tier: 'at-least-once',
      maxBatchesInFlight: 1,
      alignedBatches: true,
      proposedMaxRecords: 10,
    },
    { batch: { maxRecords: 10 } },
  ),
)
