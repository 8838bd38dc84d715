import type { TopicPartition, TopicPartitionOffset } from '../../record/topic-partition.ts'
import type { GroupConsumerOptions } from '../kafka-port.ts'
import type { NativeConsumer } from './native-consumer.ts'

/** How a client answers its group. */
export interface RebalanceProtocol {
  /** The client's assignor; with KIP-848 it is the broker's, and the client refuses one. */
  readonly assignor: string
  /** True when every rebalance begins with giving everything back. */
  readonly isEager: boolean
  assign(consumer: NativeConsumer, positions: readonly TopicPartitionOffset[]): void
  unassign(consumer: NativeConsumer, partitions: readonly TopicPartition[]): void
}

const COOPERATIVE: RebalanceProtocol = {
  assignor: 'cooperative-sticky',
  isEager: false,
  assign: (consumer, positions) => consumer.incrementalAssign(positions),
  unassign: (consumer, partitions) => consumer.incrementalUnassign(partitions),
}

/** Round-robin: the other eager assignor gives the first members more of each topic. */
const EAGER: RebalanceProtocol = {
  assignor: 'roundrobin',
  isEager: true,
  assign: (consumer, positions) => consumer.assign([...positions]),
  unassign: (consumer) => consumer.unassign(),
}

/**
 * Static members under the classic protocol are eager.
 *
 * Why: the client sends its request to join while it holds partitions, if it is cooperative. When the
 * session has ended meanwhile
 * 1. the broker knows the member id no more, and may have given the partitions away
 * 2. the client joins again without one. A dynamic member is refused then, to come with a new id, upon
 *    which the client marks its assignment lost; a static one is in at once, and nothing is marked
 *    (librdkafka 2.15, rd_kafka_cgrp_handle_JoinGroup)
 * 3. what it sends carries the new id, and the broker takes offsets of partitions that are another's
 * An eager member holds nothing when it joins. Nor can one that dies between two rebalances leave
 * partitions behind: there is no second one.
 */
export function rebalanceProtocolOf({
  groupProtocol,
  groupInstanceId,
}: Pick<GroupConsumerOptions, 'groupProtocol' | 'groupInstanceId'>): RebalanceProtocol {
  const isStatic = groupInstanceId !== undefined
  return isStatic && groupProtocol === 'classic' ? EAGER : COOPERATIVE
}
