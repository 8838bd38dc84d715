import { createHash } from 'node:crypto'
import type { AppConfig } from '../config/app-config.ts'
import type { Topology } from '../topology/topology-node.ts'
import { hasPatterns, type ResolvedTopology } from './resolved-topology.ts'

/**
 * The `group.instance.id` of this member; nothing for a dynamic one.
 *
 * Under the classic protocol the broker gives a static member that comes back the assignment of before,
 * and asks nobody to assign anew: not when its topology subscribes to other lead topics now, and not
 * when one of them has got more partitions meanwhile, which would then be read by nobody. So what the
 * assignment rests on is part of the id: when it changes, another member joins, and the group
 * rebalances. Topologies with patterns change it while they run, and are dynamic members.
 *
 * With KIP-848 the broker assigns, and looks at topics and subscriptions itself.
 */
export function groupInstanceId(
  { instanceId, staticMembership, groupProtocol }: AppConfig,
  topology: Topology,
  { subtopologies, partitions }: ResolvedTopology,
): string | undefined {
  if (!staticMembership) return undefined
  if (groupProtocol === 'consumer') return instanceId
  if (hasPatterns(topology)) return undefined
  const leads = subtopologies
    .map(({ leadTopic }) => `${leadTopic}:${partitions.get(leadTopic) ?? 0}`)
    .sort()
    .join()
  return `${instanceId}.${createHash('sha256').update(leads).digest('hex').slice(0, 8)}`
}
