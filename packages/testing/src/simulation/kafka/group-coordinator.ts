import type { CommitOffset, CommittedOffset, TopicPartition } from '@millrace/core/internal'
import type { BrokerNetwork } from './broker-network.ts'
import type { ClusterTopics } from './cluster-topics.ts'
import { ConsumerGroup, type MemberIdentity, type MemberProblem } from './consumer-group.ts'
import { GroupOffsets, type OffsetUse } from './group-offsets.ts'

export interface GroupSettings {
  readonly cooperative: boolean
  readonly offsetsRetentionMs: number
}

interface Group {
  readonly membership: ConsumerGroup
  readonly offsets: GroupOffsets
}

/** All groups of a cluster: their members and their offsets. */
export class GroupCoordinator {
  readonly #network: BrokerNetwork
  readonly #topics: ClusterTopics
  readonly #settings: GroupSettings
  readonly #groups = new Map<string, Group>()

  constructor(network: BrokerNetwork, topics: ClusterTopics, settings: GroupSettings) {
    this.#network = network
    this.#topics = topics
    this.#settings = settings
  }

  find(groupId: string): ConsumerGroup | undefined {
    return this.#groups.get(groupId)?.membership
  }

  membership(groupId: string): ConsumerGroup {
    return this.#group(groupId).membership
  }

  offsets(groupId: string): GroupOffsets {
    return this.#group(groupId).offsets
  }

  whenStable(
    groupId: string,
    partitions: readonly TopicPartition[],
    found: (offsets: readonly CommittedOffset[]) => void,
  ): void {
    const { offsets, membership } = this.#group(groupId)
    const use = (): OffsetUse => ({
      nowMs: this.#network.scheduler.nowMs(),
      retentionMs: this.#settings.offsetsRetentionMs,
      subscribed: membership.subscribed,
      emptySinceMs: membership.emptySinceMs,
    })
    offsets.whenStable(partitions, use, found)
  }

  /** Outside any transaction. Without a member id they are taken while the group has no members. */
  commit(
    groupId: string,
    member: MemberIdentity,
    offsets: readonly CommitOffset[],
  ): MemberProblem | undefined {
    const group = this.#group(groupId)
    const isAnonymous = member.memberId === '' && group.membership.members.length === 0
    const problem = isAnonymous ? undefined : group.membership.problemOf(member)
    if (problem === undefined) group.offsets.commit(offsets, this.#network.scheduler.nowMs())
    return problem
  }

  /** A topic has more partitions: its groups share them out. */
  topicGrew(topic: string): void {
    for (const { membership } of this.#groups.values()) {
      if (membership.subscribed.has(topic)) membership.rebalance()
    }
  }

  topicDeleted(topic: string): void {
    for (const { offsets } of this.#groups.values()) offsets.forgetTopic(topic)
  }

  #group(groupId: string): Group {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const membership = new ConsumerGroup({
      groupId,
      network: this.#network,
      cooperative: this.#settings.cooperative,
      partitionsOf: (topic) => this.#topics.get(topic)?.partitions.length ?? 0,
    })
    const group: Group = { membership, offsets: new GroupOffsets() }
    this.#groups.set(groupId, group)
    return group
  }
}
