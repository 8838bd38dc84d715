import { serdes } from '@millrace/core'
import type { KafkaAdmin, KafkaPort, KafkaReader } from '@millrace/core/internal'
import { partitionsOf, waitFor } from '@millrace/trial'
import type { Ledger } from './ledger.ts'

const POLL_RECORDS = 10_000
const POLL_MS = 100

/** Reads the output topic from its start into a ledger: committed records only. */
export class OutputReader {
  readonly #reader: KafkaReader
  readonly #topic: string
  readonly #ledger: Ledger
  readonly #positions = new Map<number, number>()

  constructor(kafka: KafkaPort, topic: string, ledger: Ledger) {
    this.#reader = kafka.reader({ clientId: `${topic}-reader` })
    this.#topic = topic
    this.#ledger = ledger
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#reader.add(partitionsOf(this.#topic).map((at) => ({ ...at, offset: 0 })))
      while (!signal.aborted) await this.#poll()
    } finally {
      await this.#reader.close()
    }
  }

  /** True when everything before these offsets has been read, commit markers included. */
  hasReached(ends: readonly { readonly partition: number; readonly offset: number }[]): boolean {
    return ends.every(({ partition, offset }) => (this.#positions.get(partition) ?? 0) >= offset)
  }

  async #poll(): Promise<void> {
    const { records, ends } = await this.#reader.poll(POLL_RECORDS, POLL_MS)
    for (const { partition, offset, key, value } of records) {
      this.#positions.set(partition, offset + 1)
      if (key === null || value === null) continue // the topology writes neither
      const word = serdes.string.deserialize(key, this.#topic)
      this.#ledger.add(word, serdes.long.deserialize(value, this.#topic))
    }
    for (const { partition, offset } of ends) this.#positions.set(partition, offset)
  }
}

export interface OutputRequest {
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly topic: string
  readonly ledger: Ledger
}

/** Reads all of the output topic, up to its last stable offsets of now. */
export async function readOutput(request: OutputRequest, signal: AbortSignal): Promise<void> {
  const { kafka, admin, topic, ledger } = request
  const ends = await admin.listOffsets(partitionsOf(topic), 'stable-end')
  const reader = new OutputReader(kafka, topic, ledger)
  const stop = new AbortController()
  let failure: unknown
  const running = reader.run(stop.signal).catch((error: unknown) => {
    failure = error
  })
  try {
    await waitFor(
      {
        what: () => `the rest of ${topic}, after ${ledger.total} records`,
        isDone: () => failure !== undefined || reader.hasReached(ends),
        progress: () => ledger.total,
        hint: 'Check that the broker still answers.',
      },
      signal,
    )
  } finally {
    stop.abort()
    await running
  }
  if (failure !== undefined) throw failure as Error
}
