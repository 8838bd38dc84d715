import { MillraceError } from '@millrace/core'
import type { KafkaProducer } from '@millrace/core/internal'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestCluster } from './cluster.testkit.ts'
import { until } from './until.testkit.ts'

/** What an input says: which key it counts for, and which input it is. */
export interface Input {
  readonly key: string
  readonly id: string
}

/** A constant, so that timestamps do not depend on the clock; in the past by less than any retention. */
const START_MS = Date.now() - 60_000

/** Writes inputs with known ids, and knows what the output must hold. */
export class Inputs {
  readonly #cluster: TestCluster
  readonly #keys: number
  #producer: KafkaProducer | undefined
  readonly #written: Input[] = []

  constructor(cluster: TestCluster, keys = 50) {
    this.#cluster = cluster
    this.#keys = keys
    cluster.defer(() => this.disconnect())
  }

  /** Everything acknowledged so far. */
  get written(): readonly Input[] {
    return this.#written
  }

  /** Of the input that was written as the nth. */
  timestampOf(n: number): number {
    return START_MS + n
  }

  /** Writes `count` inputs, spread evenly over topics and keys. The record's key is the input's. */
  async write(topics: readonly string[], count: number): Promise<void> {
    this.#producer ??= this.#cluster.kafka.producer({ clientId: 'e2e-inputs' })
    const producer = this.#producer
    // Connects: sending does not wait, and connecting does.
    await flush(producer)
    const added: Input[] = []
    for (let i = 0; i < count; i++) {
      const n = this.#written.length + i
      const input = { key: `k${n % this.#keys}`, id: `i${n}` }
      added.push(input)
      producer.send({
        topic: topics[n % topics.length] ?? '',
        partition: undefined,
        key: Buffer.from(input.key),
        value: encodeInput(input),
        timestampMs: this.timestampOf(n),
        headers: [],
      })
    }
    await flush(producer)
    this.#written.push(...added)
  }

  /** The next write connects anew: for a broker that goes away in between. */
  async disconnect(): Promise<void> {
    await this.#producer?.close()
    this.#producer = undefined
  }

  /** Writes small batches until `stop`; resolves when the last one is acknowledged. */
  writeSteadily(topics: readonly string[], perBatch: number): { stop: () => Promise<void> } {
    const stopped = new AbortController()
    const run = async (): Promise<void> => {
      while (!stopped.signal.aborted) {
        await this.write(topics, perBatch)
        await sleep(PACE_MS)
      }
    }
    const done = run()
    done.catch(() => undefined) // stop() tells.
    this.#cluster.defer(() => {
      stopped.abort()
      return done
    })
    return {
      stop: () => {
        stopped.abort()
        return done
      },
    }
  }
}

/** Slow enough that all tests together keep a small machine below its limit. */
const PACE_MS = 20

/** The client gives up a flush after 30 s, and not the records: a broker may be away in the meantime. */
async function flush(producer: KafkaProducer): Promise<void> {
  await until('the inputs are acknowledged', async () => {
    try {
      await producer.flush()
      return true
    } catch (error) {
      if (MillraceError.is(error) && error.action === 'retry') return false
      throw error
    }
  })
}

export function encodeInput({ key, id }: Input): Buffer {
  return Buffer.from(`${key}|${id}`)
}

export function parseInput(text: string): Input {
  const [key = '', id = ''] = text.split('|')
  return { key, id }
}
