import { type Sink, type SinkBatch, type SinkRecord, silentLogger } from '@millrace/core'
import { systemClock } from '@millrace/core/internal'
import { httpSink } from '@millrace/sink-http'

/** What is sent: so many records of so many keys, a body of 200 bytes each. */
export interface HttpLoad {
  readonly url: string
  readonly records: number
  readonly keys: number
  readonly concurrency: number
}

/** Sends all of it once. */
export type HttpClient = (load: HttpLoad) => Promise<void>

const BATCH_RECORDS = 1000
const BATCHES_IN_FLIGHT = 4
const BODY_BYTES = 200

interface Value {
  readonly n: number
  readonly text: string
}

const valueOf = (n: number): Value => ({ n, text: 'x'.repeat(BODY_BYTES - 20) })

/** Clients by what they are called in results. */
export const HTTP_CLIENTS: Readonly<Record<string, HttpClient>> = {
  'sink-http, by key': (load) => throughSink(load, 'key', BATCHES_IN_FLIGHT),
  'fetch, concurrent': fetchConcurrently,
  'sink-http, by partition': (load) => throughSink(load, 'partition', 1),
  'fetch, one after the other': (load) => fetchConcurrently({ ...load, concurrency: 1 }),
}

/** A loop as one would write it: so many workers, each of which sends and waits. No order, no retries. */
async function fetchConcurrently({ url, records, concurrency }: HttpLoad): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    for (let n = next++; n < records; n = next++) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `"bench/in/0/${n}"` },
        body: JSON.stringify(valueOf(n)),
      })
      if (!response.ok) throw new Error(`status ${response.status}`)
      await response.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}

/** The sink as the runtime calls it, without a broker. */
async function throughSink(
  load: HttpLoad,
  order: 'key' | 'partition',
  batchesInFlight: number,
): Promise<void> {
  const { url, concurrency } = load
  const sink = httpSink<string, Value>({ url, order, maxInFlight: concurrency })
  await sink.open({
    ...{ sinkId: 'bench', owner: 'bench', logger: silentLogger },
    ...{ scheduler: systemClock, random: Math.random },
  })
  try {
    await writeAll(sink, load, batchesInFlight)
  } finally {
    await sink.close()
  }
}

async function writeAll(
  sink: Sink<string, Value>,
  { records, keys }: HttpLoad,
  batchesInFlight: number,
): Promise<void> {
  const { signal } = new AbortController()
  const at = { topic: 'in', partition: 0, initialOffset: 0 }
  const writer = await sink.claim({ ...at, signal })
  const control = {
    signal,
    reject: (_: unknown, error: Error) => Promise.reject(error),
  }
  let from = 0
  const work = async (): Promise<void> => {
    while (from < records) {
      const batch = batchOf(from, Math.min(from + BATCH_RECORDS, records), keys)
      from = batch.to
      await writer.write(batch, control)
    }
  }
  await Promise.all(Array.from({ length: batchesInFlight }, work))
}

function batchOf(from: number, to: number, keys: number): SinkBatch<string, Value> {
  const at = { topic: 'in', partition: 0 }
  const records = Array.from({ length: to - from }, (_, i): SinkRecord<string, Value> => {
    const offset = from + i
    const key = `key-${offset % keys}`
    return { ...at, offset, index: 0, timestampMs: 0, key, value: valueOf(offset), headers: [] }
  })
  return { ...at, from, to, firstOffset: from, lastOffset: to - 1, records }
}
