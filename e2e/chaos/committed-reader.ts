import { MillraceError } from '@millrace/core'
import type {
  ConsumedRecord,
  KafkaAdmin,
  KafkaPort,
  KafkaReader,
  PolledBatch,
  TopicPartition,
  TopicPartitionOffset,
} from '@millrace/core/internal'
import { waitFor } from './wait-for.ts'

const POLL_RECORDS = 10_000
const POLL_MS = 100
const STANDSTILL_MS = 90_000

export async function partitionsOf(
  admin: KafkaAdmin,
  topics: readonly string[],
): Promise<readonly TopicPartition[]> {
  const found = await admin.describeTopics(topics)
  return found.flatMap(({ topic, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
  )
}

/** Reads topics from their start as any `read_committed` reader would. */
export class CommittedReader {
  readonly #reader: KafkaReader
  readonly #admin: KafkaAdmin
  readonly #partitions: readonly TopicPartition[]
  readonly #onRecord: (record: ConsumedRecord) => void
  readonly #positions = new Map<string, number>()
  #read = 0

  constructor(
    { kafka, admin }: { readonly kafka: KafkaPort; readonly admin: KafkaAdmin },
    partitions: readonly TopicPartition[],
    onRecord: (record: ConsumedRecord) => void,
  ) {
    this.#reader = kafka.reader({ clientId: 'chaos-reader' })
    this.#admin = admin
    this.#partitions = partitions
    this.#onRecord = onRecord
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#reader.add(await this.#admin.listOffsets(this.#partitions, 'start'))
      while (!signal.aborted) await this.#poll()
    } finally {
      await this.#reader.close()
    }
  }

  /** Up to the last stable offsets of now. */
  async readAll(signal: AbortSignal): Promise<void> {
    const ends = await this.#admin.listOffsets(this.#partitions, 'stable-end')
    const stop = new AbortController()
    const ended: { error?: unknown } = {}
    const running = this.run(stop.signal).catch((error: unknown) => {
      ended.error = error
    })
    try {
      await waitFor(
        {
          what: () => `reading back: ${this.#read} records`,
          isDone: () => 'error' in ended || this.#hasReached(ends),
          progress: () => this.#read,
          standstillMs: STANDSTILL_MS,
        },
        signal,
      )
    } finally {
      stop.abort()
      await running
    }
    if ('error' in ended) throw ended.error as Error
  }

  #hasReached(ends: readonly TopicPartitionOffset[]): boolean {
    return ends.every((end) => (this.#positions.get(keyOf(end)) ?? 0) >= end.offset)
  }

  async #poll(): Promise<void> {
    const { records, ends } = await this.#reader.poll(POLL_RECORDS, POLL_MS).catch(orNothing)
    for (const record of records) {
      this.#positions.set(keyOf(record), record.offset + 1)
      this.#onRecord(record)
    }
    for (const end of ends) this.#positions.set(keyOf(end), end.offset)
    this.#read += records.length
  }
}

/** A broker that is away comes back; the reader goes on by itself then. */
function orNothing(error: unknown): PolledBatch {
  if (MillraceError.is(error) && error.action === 'retry') return { records: [], ends: [] }
  throw error
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
