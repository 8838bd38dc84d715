import { MillraceError } from '../errors/millrace-error.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'
import type { Logger } from '../observe/logger.ts'
import type { InternalTopic } from './resolved-topology.ts'

/**
 * Creates the internal topics that are missing. Every member does so; the first one wins.
 *
 * @throws MillraceError `MR_INTERNAL_TOPIC` when one exists with another partition count: its records
 * are spread by the old count, so state would be read by the wrong task.
 */
export async function ensureInternalTopics(
  admin: KafkaAdmin,
  topics: readonly InternalTopic[],
  replicationFactor: number,
  logger: Logger,
): Promise<void> {
  if (topics.length === 0) return
  const names = topics.map(({ topic }) => topic)
  const before = new Set((await admin.describeTopics(names)).map(({ topic }) => topic))
  const missing = topics.filter(({ topic }) => !before.has(topic))
  if (missing.length > 0) {
    await admin.createTopics(
      missing.map(({ topic, partitions, config }) => ({
        topic,
        partitions,
        config,
        replicationFactor,
      })),
    )
    for (const { topic, partitions } of missing) {
      logger.info('created an internal topic', { topic, partitions })
    }
  }
  const found = new Map(
    (await admin.describeTopics(names)).map(({ topic, partitions }) => [topic, partitions]),
  )
  const small = topics.filter(({ topic, partitions, canGrow }) => {
    return canGrow && (found.get(topic) ?? 0) < partitions
  })
  for (const { topic, partitions } of small) await admin.growTopic(topic, partitions)
  const wrong = topics.filter(
    ({ topic, partitions, canGrow }) => !canGrow && found.get(topic) !== partitions,
  )
  const [first] = wrong
  if (first === undefined) return
  const list = wrong
    .map(({ topic, partitions }) => `${topic} has ${found.get(topic) ?? 0}, needs ${partitions}`)
    .join('; ')
  throw new MillraceError(
    'MR_INTERNAL_TOPIC',
    `Internal topics have wrong partition counts: ${list}`,
    {
      hint: 'Reset the application (delete its internal topics and its group), or use another applicationId.',
      at: { topic: first.topic },
    },
  )
}
