import type { ConsumedRecord } from '@millrace/core/internal'
import type { TestCluster } from './cluster.testkit.ts'
import { until } from './until.testkit.ts'

export interface Changelog {
  readonly records: readonly ConsumedRecord[]
  /** The last value of each key that is there, as text. */
  readonly latest: ReadonlyMap<string, string>
}

/** Committed records of a topic of the cluster's application, to the end. */
export async function readChangelog(cluster: TestCluster, store: string): Promise<Changelog> {
  const records = await readTopic(cluster, `${cluster.id}-${store}-changelog`)
  const latest = new Map<string, string>()
  for (const { key, value } of records) {
    const name = Buffer.from(key ?? []).toString()
    if (value === null) latest.delete(name)
    else latest.set(name, Buffer.from(value).toString())
  }
  return { records, latest }
}

/** Committed records of a topic, to its last stable offset. */
export async function readTopic(cluster: TestCluster, topic: string): Promise<ConsumedRecord[]> {
  const { reader, partitions } = await cluster.readAll(topic)
  const ends = await cluster.admin.listOffsets(partitions, 'stable-end')
  const positions = new Map<number, number>()
  const records: ConsumedRecord[] = []
  await until(`the end of ${topic}`, async () => {
    const batch = await reader.poll(10_000, 50)
    records.push(...batch.records)
    for (const { partition, offset } of batch.records) positions.set(partition, offset + 1)
    for (const { partition, offset } of batch.ends) positions.set(partition, offset)
    return ends.every(({ partition, offset }) => (positions.get(partition) ?? 0) >= offset)
  })
  return records
}
