import type { KafkaAdmin, KafkaPort, KafkaProducer } from '@millrace/core/internal'
import { NO_HEADERS } from '@millrace/core'
import { type Event, events, users } from './events.ts'

export const PARTITIONS = 4

/** Records that wait in the producer at most: about 50 MB. */
const FLUSH_RECORDS = 200_000

export interface InputTopic {
  readonly topic: string
  /** Where each partition ends. */
  readonly endOffsets: readonly number[]
  readonly records: number
}

export function inputTopicName(records: number): string {
  return `bench-events-${records}`
}

/** The table that a join looks up: 10,000 users. */
export const USERS_TOPIC = 'bench-users'

/** Makes the input if it is not there. A topic that is there is left alone, whatever is in it. */
export async function ensureInput(
  kafka: KafkaPort,
  admin: KafkaAdmin,
  topic: string,
  records: number,
): Promise<InputTopic> {
  await ensureTopic(kafka, admin, { topic, config: {}, records: () => events(records) })
  return describeInput(admin, topic)
}

/** The same of {@link USERS_TOPIC}. */
export async function ensureUsers(kafka: KafkaPort, admin: KafkaAdmin): Promise<void> {
  const config = { 'cleanup.policy': 'compact' }
  await ensureTopic(kafka, admin, { topic: USERS_TOPIC, config, records: users })
}

interface Generated {
  readonly topic: string
  readonly config: Readonly<Record<string, string>>
  readonly records: () => Iterable<Event>
}

async function ensureTopic(
  kafka: KafkaPort,
  admin: KafkaAdmin,
  { topic, config, records }: Generated,
): Promise<void> {
  const found = await admin.describeTopics([topic])
  if (found.length > 0) return
  await createTopic(admin, topic, { 'compression.type': 'lz4', ...config })
  const producer = kafka.producer({ clientId: 'bench-generator' })
  try {
    await generate(producer, topic, records())
  } catch (error) {
    // A topic that is there counts as complete.
    await admin.deleteTopics([topic])
    throw error
  } finally {
    await producer.close()
  }
}

/**
 * The timestamps of the records are years old, so with the default retention the broker would delete
 * them by age within minutes.
 */
export async function createTopic(
  admin: KafkaAdmin,
  topic: string,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const settings = { 'retention.ms': '-1', ...config }
  await admin.createTopics([
    { topic, partitions: PARTITIONS, replicationFactor: 1, config: settings },
  ])
}

async function generate(
  producer: KafkaProducer,
  topic: string,
  records: Iterable<Event>,
): Promise<void> {
  process.stderr.write(`generating the records of ${topic}\n`)
  // Connects: what is sent before that is kept, but not as much as follows.
  await producer.flush()
  let queued = 0
  for (const { key, value, timestampMs } of records) {
    producer.send({
      topic,
      partition: undefined,
      key: Buffer.from(key),
      value: Buffer.from(value),
      timestampMs,
      headers: NO_HEADERS,
    })
    if (++queued % FLUSH_RECORDS === 0) await producer.flush()
  }
  await producer.flush()
}

async function describeInput(admin: KafkaAdmin, topic: string): Promise<InputTopic> {
  const [description] = await admin.describeTopics([topic])
  const partitions = Array.from({ length: description?.partitions ?? 0 }, (_, partition) => ({
    topic,
    partition,
  }))
  const ends = await admin.listOffsets(partitions, 'end')
  const endOffsets = partitions.map(
    ({ partition }) => ends.find((end) => end.partition === partition)?.offset ?? 0,
  )
  return { topic, endOffsets, records: endOffsets.reduce((sum, end) => sum + end, 0) }
}
