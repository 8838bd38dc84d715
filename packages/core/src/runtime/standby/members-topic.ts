import { type InternalTopic, membersTopicName } from '../resolved-topology.ts'

/**
 * The topic on which members tell each other which tasks they have: see `MemberBoard`.
 *
 * Only the last seconds are ever read. Times are the broker's, since a member's clock must not decide how
 * long its words are kept; small segments keep it small, and the last word of each member is left for
 * whoever looks into it.
 */
export function membersTopic(applicationId: string): InternalTopic {
  return {
    topic: membersTopicName(applicationId),
    partitions: 1,
    config: {
      'cleanup.policy': 'compact,delete',
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': '86400000',
      'segment.ms': '600000',
      'segment.bytes': '16777216',
    },
    canGrow: false,
  }
}
