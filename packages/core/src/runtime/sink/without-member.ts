import type { KafkaPort } from '../../kafka/kafka-port.ts'
import type { Topology } from '../../topology/topology-node.ts'
import { prepareTopics, type PrepareTopicsParts } from '../prepare-topics.ts'

/** False for a topology of nothing but external sinks that read what others write: it has no tasks. */
export function hasMember({ subtopologies, globalStores }: Topology): boolean {
  return subtopologies.length > 0 || globalStores.length > 0
}

/**
 * What a member does before it joins, where there is none. False when the app was stopped meanwhile.
 * @throws MillraceError `MR_UNKNOWN_TOPIC`
 */
export async function topicsWithoutMember(
  parts: PrepareTopicsParts & { readonly random: () => number },
  kafka: KafkaPort,
): Promise<boolean> {
  const { config, stop } = parts
  const admin = kafka.admin({ clientId: `${config.clientId}-admin` })
  try {
    const retries = { ...parts, timeoutMs: config.taskTimeoutMs, signal: stop }
    return (await prepareTopics(parts, admin, retries)) !== undefined
  } finally {
    await admin.close()
  }
}
