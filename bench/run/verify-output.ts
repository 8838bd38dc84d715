import type { ConsumedRecord, KafkaAdmin, KafkaPort } from '@millrace/core/internal'
import { serdes } from '@millrace/core'
import { PARTITIONS } from '../input/input-topic.ts'

/** What the committed output holds. */
export interface OutputSummary {
  readonly records: number
  /** The sum of the last count of each key; 0 for an output of other values. */
  readonly countSum: number
}

/** Reads the whole committed output of a run. */
export async function readOutput(
  kafka: KafkaPort,
  admin: KafkaAdmin,
  topic: string,
  isCounts: boolean,
): Promise<OutputSummary> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
  const ends = await admin.listOffsets(partitions, 'stable-end')
  const left = new Map(ends.filter(({ offset }) => offset > 0).map((end) => [end.partition, end]))
  const counts = new Map<string, number>()
  const reader = kafka.reader({ clientId: 'bench-verify' })
  let total = 0
  try {
    await reader.add(partitions.map((one) => ({ ...one, offset: 0 })))
    while (left.size > 0) {
      const batch = await reader.poll(20_000, 200)
      total += batch.records.length
      if (isCounts) for (const record of batch.records) noteCount(counts, record)
      // Beyond the last record stands a commit marker: only the end of the partition is beyond it.
      for (const { partition, offset } of batch.ends) {
        if (offset >= (left.get(partition)?.offset ?? 0)) left.delete(partition)
      }
    }
  } finally {
    await reader.close()
  }
  return { records: total, countSum: [...counts.values()].reduce((sum, one) => sum + one, 0) }
}

function noteCount(counts: Map<string, number>, { topic, key, value }: ConsumedRecord): void {
  if (key === null) return
  const text = serdes.string.deserialize(key, topic)
  if (value === null) counts.delete(text)
  else counts.set(text, serdes.long.deserialize(value, topic))
}
