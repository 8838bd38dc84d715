import type { ConsumedRecord, KafkaAdmin, KafkaPort } from '@millrace/core/internal'
import { serdes } from '@millrace/core'
import { PARTITIONS } from '../input/input-topic.ts'
import type { Workload } from './run-options.ts'

/** What the committed output holds. */
export interface OutputSummary {
  readonly records: number
  /** What must be the number of input records. */
  readonly sum: number
}

/** Adds up the records of an output. */
export interface Sum {
  add(record: ConsumedRecord): void
  total(): number
}

/** How the output of a workload adds up to its input. */
export function summing(workload: Workload): Sum {
  switch (workload) {
    case 'count':
    case 'window':
    case 'session':
      return new LastCounts()
    case 'join':
      return new Joined()
    default:
      return countingRecords()
  }
}

export function countingRecords(): Sum {
  return new Records()
}

/** Reads the whole committed output of a run. */
export async function readOutput(
  kafka: KafkaPort,
  admin: KafkaAdmin,
  topic: string,
  sum: Sum,
): Promise<OutputSummary> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
  const ends = await admin.listOffsets(partitions, 'stable-end')
  const left = new Map(ends.filter(({ offset }) => offset > 0).map((end) => [end.partition, end]))
  const reader = kafka.reader({ clientId: 'bench-verify' })
  let total = 0
  try {
    await reader.add(partitions.map((one) => ({ ...one, offset: 0 })))
    while (left.size > 0) {
      const batch = await reader.poll(20_000, 200)
      total += batch.records.length
      for (const record of batch.records) sum.add(record)
      // Beyond the last record stands a commit marker: only the end of the partition is beyond it.
      for (const { partition, offset } of batch.ends) {
        if (offset >= (left.get(partition)?.offset ?? 0)) left.delete(partition)
      }
    }
  } finally {
    await reader.close()
  }
  return { records: total, sum: sum.total() }
}

class Records implements Sum {
  #count = 0

  add(): void {
    this.#count++
  }

  total(): number {
    return this.#count
  }
}

/** The last count of each key. */
class LastCounts implements Sum {
  readonly #counts = new Map<string, number>()

  add({ topic, key, value }: ConsumedRecord): void {
    if (key === null) return
    const text = serdes.string.deserialize(key, topic)
    if (value === null) this.#counts.delete(text)
    else this.#counts.set(text, serdes.long.deserialize(value, topic))
  }

  total(): number {
    let sum = 0
    for (const count of this.#counts.values()) sum += count
    return sum
  }
}

/** Events that found their user. */
class Joined implements Sum {
  #count = 0

  add({ value }: ConsumedRecord): void {
    if (value !== null && asBuffer(value).includes('"profile":{')) this.#count++
  }

  total(): number {
    return this.#count
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
