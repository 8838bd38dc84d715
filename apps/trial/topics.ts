import type { KafkaAdmin, TopicPartition } from '@millrace/core/internal'
import type { ScreenTarget } from './terminal/screen.ts'

/** Of each topic of a trial; the internal ones get as many. */
export const PARTITIONS = 4

export async function createTopics(admin: KafkaAdmin, topics: readonly string[]): Promise<void> {
  const settings = { partitions: PARTITIONS, replicationFactor: -1, config: {} }
  await admin.createTopics(topics.map((topic) => ({ topic, ...settings })))
}

/**
 * Deletes the topics whose names begin with the application id: those of a trial all do, so that
 * nothing else is ever deleted.
 */
async function deleteTopics(admin: KafkaAdmin, applicationId: string): Promise<void> {
  const all = await admin.listTopics()
  await admin.deleteTopics(all.filter((topic) => topic.startsWith(`${applicationId}-`)))
}

/** For the end: what went wrong before is the error to tell, and a broker that is gone deletes nothing. */
export async function cleanUpTopics(
  admin: KafkaAdmin,
  applicationId: string,
  target: Pick<ScreenTarget, 'write'>,
): Promise<void> {
  try {
    await deleteTopics(admin, applicationId)
  } catch {
    target.write(`the topics ${applicationId}-* could not be deleted\n`)
  }
}

export function partitionsOf(topic: string): TopicPartition[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
}
