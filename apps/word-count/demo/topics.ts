import type { KafkaAdmin } from '@millrace/core/internal'
import { internalTopics } from '../topology.ts'

export interface DemoTopics {
  readonly applicationId: string
  readonly input: string
  readonly output: string
  /** Made by the processors. */
  readonly repartition: string
  readonly changelog: string
}

export const PARTITIONS = 4

/** All of them begin with the application id, so that nothing else is ever deleted. */
export function topicsOf(applicationId: string): DemoTopics {
  return {
    applicationId,
    input: `${applicationId}-lines`,
    output: `${applicationId}-counts`,
    ...internalTopics(applicationId),
  }
}

export async function createTopics(admin: KafkaAdmin, topics: DemoTopics): Promise<void> {
  await admin.createTopics(
    [topics.input, topics.output].map((topic) => ({
      topic,
      partitions: PARTITIONS,
      replicationFactor: -1,
      config: {},
    })),
  )
}

/** Returns what was deleted. */
export async function deleteTopics(
  admin: KafkaAdmin,
  topics: DemoTopics,
): Promise<readonly string[]> {
  const all = await admin.listTopics()
  const ours = all.filter((topic) => topic.startsWith(`${topics.applicationId}-`))
  await admin.deleteTopics(ours)
  return ours
}

export function partitionsOf(topic: string): { topic: string; partition: number }[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
}
