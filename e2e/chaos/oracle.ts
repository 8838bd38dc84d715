import type { ConsumedRecord, KafkaAdmin, KafkaPort } from '@millrace/core/internal'
import { CommittedReader, partitionsOf } from './committed-reader.ts'
import {
  type ChaosTopics,
  type Counted,
  type FedRecord,
  NEW_WINDOW_MS,
  OLD_RETENTION_MS,
  OLD_WINDOW_MS,
  windowKey,
  windowStart,
} from './records.ts'
import { decodeChangelogKey, STORES } from './topology.ts'
import { compareLatest, compareUpdates, type Difference, type Update } from './verdict.ts'

type Expected = ReadonlyMap<string, readonly number[]>
type Updates = Map<string, Update[]>

interface Check {
  readonly name: string
  readonly topic: string
  readonly expected: Expected
  readonly compare: typeof compareUpdates
  readonly keyOf: (record: ConsumedRecord) => string
}

export interface OracleParts {
  readonly kafka: KafkaPort
  readonly admin: KafkaAdmin
  readonly applicationId: string
  readonly topics: ChaosTopics
  readonly fed: readonly FedRecord[]
}

/** Everything that differs from what was fed: in outputs, in changelogs, in committed offsets. */
export async function judge(
  parts: OracleParts,
  signal: AbortSignal,
): Promise<readonly Difference[]> {
  const checks = checksOf(parts)
  const { admin } = parts
  const byTopic = new Map<string, Updates>(checks.map(({ topic }) => [topic, new Map()]))
  const keys = new Map(checks.map(({ topic, keyOf }) => [topic, keyOf]))
  const partitions = await partitionsOf(admin, [...byTopic.keys()])
  const reader = new CommittedReader(parts, partitions, (record) => {
    const key = keys.get(record.topic)?.(record) ?? ''
    add(byTopic.get(record.topic), key, record)
  })
  await reader.readAll(signal)
  const differences = checks.flatMap((check) => differencesOf(check, byTopic.get(check.topic)))
  return [...differences, ...(await offsetDifferences(parts))]
}

function checksOf({ fed, topics, applicationId }: OracleParts): readonly Check[] {
  const isNew = ({ stream }: FedRecord): boolean => stream === 'new'
  const fresh = fed.filter(isNew)
  const old = fed.filter((record) => !isNew(record))
  const counts = group(fresh, ({ key }) => key)
  const windows = group(fresh, ({ key, timestampMs }) =>
    windowKey(key, windowStart(timestampMs, NEW_WINDOW_MS)),
  )
  const oldWindowOf = ({ key, timestampMs }: FedRecord): string =>
    windowKey(key, windowStart(timestampMs, OLD_WINDOW_MS))
  // Those further behind may be gone from the state, rightly.
  const newest = old.reduce((max, { timestampMs }) => Math.max(max, timestampMs), 0)
  const live = old.filter(({ timestampMs }) => timestampMs > newest - OLD_RETENTION_MS / 2)
  const liveKeys = new Set(live.map(oldWindowOf))
  const oldWindows = group(old, oldWindowOf)
  const liveWindows = new Map([...oldWindows].filter(([key]) => liveKeys.has(key)))
  const output = { compare: compareUpdates, keyOf: textKey }
  const changelog = (store: string): Pick<Check, 'name' | 'topic' | 'compare' | 'keyOf'> => ({
    name: `changelog of ${store}`,
    topic: `${applicationId}-${store}-changelog`,
    compare: compareLatest,
    keyOf: ({ key }) => decodeChangelogKey(store, Buffer.from(key ?? [])),
  })
  return [
    { ...output, name: 'counts', topic: topics.counts, expected: counts },
    { ...output, name: 'windows', topic: topics.windows, expected: windows },
    { ...output, name: 'old windows', topic: topics.oldWindows, expected: oldWindows },
    { ...output, name: 'cached', topic: topics.cached, expected: counts, compare: compareLatest },
    { ...changelog(STORES.counts), expected: counts },
    { ...changelog(STORES.cached), expected: counts },
    { ...changelog(STORES.windows), expected: windows },
    { ...changelog(STORES.old), expected: liveWindows },
  ]
}

function group(
  records: readonly FedRecord[],
  keyOf: (record: FedRecord) => string,
): Map<string, number[]> {
  const groups = new Map<string, number[]>()
  for (const record of records) {
    const key = keyOf(record)
    const ids = groups.get(key)
    if (ids === undefined) groups.set(key, [record.id])
    else ids.push(record.id)
  }
  return groups
}

function textKey({ key }: ConsumedRecord): string {
  return Buffer.from(key ?? []).toString()
}

/** A tombstone takes the key away, as compaction does. */
function add(updates: Updates | undefined, key: string, record: ConsumedRecord): void {
  const { value, partition, offset } = record
  if (value === null) {
    updates?.delete(key)
    return
  }
  const counted = JSON.parse(Buffer.from(value).toString()) as Counted // written by the topology
  const update = { ...counted, at: `${partition}@${offset}` }
  const known = updates?.get(key)
  if (known === undefined) updates?.set(key, [update])
  else known.push(update)
}

function differencesOf(
  { name, expected, compare, topic }: Check,
  updates: Updates | undefined = new Map(),
): Difference[] {
  // Of a changelog of windows, those that have expired may be there or not.
  const isPartial = topic.endsWith(`${STORES.old}-changelog`)
  const keys = isPartial ? expected.keys() : new Set([...expected.keys(), ...updates.keys()])
  return [...keys].flatMap((key) => {
    return compare(name, key, expected.get(key) ?? [], updates.get(key) ?? []) ?? []
  })
}

/** The group has committed every input, and none that is not there. */
async function offsetDifferences({
  kafka,
  admin,
  applicationId,
  topics,
}: OracleParts): Promise<Difference[]> {
  const partitions = await partitionsOf(admin, [topics.newInput, topics.oldInput])
  const group = kafka.groupConsumer({
    groupId: applicationId,
    clientId: 'chaos-offsets',
    groupProtocol: 'classic',
    sessionTimeoutMs: 6000,
    heartbeatIntervalMs: 2000,
    maxPollIntervalMs: 300_000,
  })
  try {
    const committed = await group.committed(partitions)
    const ends = await admin.listOffsets(partitions, 'end')
    return ends.flatMap(({ topic, partition, offset: end }) => {
      const found = committed.find((at) => at.topic === topic && at.partition === partition)
      const offset = found?.offset ?? 0
      if (offset === end) return []
      const [lost, duplicated] = [Math.max(0, end - offset), Math.max(0, offset - end)]
      const key = `${topic}-${partition}`
      return [
        { where: 'committed offsets', key, expected: `${end}`, got: `${offset}`, lost, duplicated },
      ]
    })
  } finally {
    await group.close()
  }
}
