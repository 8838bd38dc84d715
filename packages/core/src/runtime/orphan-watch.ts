import type { GroupMember, KafkaAdmin } from '../kafka/admin.ts'
import type { GroupConsumer } from '../kafka/group-consumer.ts'
import type { Logger } from '../observe/logger.ts'
import { partitionKey, type TopicPartition } from '../record/topic-partition.ts'
import type { Clock } from '../time/clock.ts'
import type { ResolvedTopology } from './resolved-topology.ts'

export interface OrphanWatchParts {
  readonly admin: KafkaAdmin
  /** Of this member: its group's coordinator is asked through it first. */
  readonly consumer: Pick<GroupConsumer, 'committed'>
  readonly resolved: ResolvedTopology
  readonly groupId: string
  readonly clientId: string
  /** A consumer of the same group that is no static member, nor any other member. */
  readonly createPasserBy: () => GroupConsumer
  readonly clock: Clock
  readonly logger: Logger
}

/** Longer than a rebalance between members that are well, so that two looks do not fall into one. */
const LOOK_EVERY_MS = 10_000
const POLL_TIMEOUT_MS = 100
/** A join waits for the slowest member; one that takes longer is tried again with the next look. */
const LONGEST_JOIN_MS = 60_000

/**
 * Finds partitions that no member of the group owns, and has the group share them out.
 *
 * What leaves them behind, with static members (KIP-345) and cooperative rebalances (KIP-429):
 * 1. a rebalance has a static member give a partition back; it does, and is about to join again, which
 *    would begin the second rebalance that gives the partition to its next owner
 * 2. it dies there, and comes back under the same name: the broker hands it its place without a rebalance
 * 3. the group is stable, the partition is nobody's, and stays so until somebody joins or leaves
 *
 * So somebody joins and leaves: a consumer that is given partitions like any other, reads none of them,
 * and goes. The members commit and give back as in every rebalance, so nothing rests on this being right.
 *
 * The member with the smallest client id does it; when it is dead the session time-out brings a
 * rebalance anyway. A group in which everything has an owner stays so until the next rebalance, of
 * which every member hears: nobody looks in between.
 */
export class OrphanWatch {
  readonly #parts: OrphanWatchParts
  readonly #leadPartitions: readonly TopicPartition[]
  readonly #leads: readonly string[]
  #lastMs: number
  #seen = ''
  /** True once a look found an owner for everything, until the next rebalance. */
  #isSettled = false
  #looking: Promise<void> | undefined
  #isClosed = false

  constructor(parts: OrphanWatchParts) {
    this.#parts = parts
    this.#lastMs = parts.clock.nowMs()
    this.#leadPartitions = parts.resolved.subtopologies.flatMap(({ leadTopic }) =>
      Array.from({ length: parts.resolved.partitions.get(leadTopic) ?? 0 }, (_, partition) => ({
        topic: leadTopic,
        partition,
      })),
    )
    this.#leads = this.#leadPartitions.map(({ topic, partition }) => partitionKey(topic, partition))
  }

  /** The group has rebalanced, or begins to. */
  rebalanced(): void {
    this.#isSettled = false
  }

  /** Looks in the background when it is time; never throws. */
  check(): void {
    const now = this.#parts.clock.nowMs()
    if (this.#isSettled || this.#looking !== undefined || now - this.#lastMs < LOOK_EVERY_MS) return
    this.#lastMs = now
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#looking
  }

  async #look(): Promise<void> {
    const { admin, consumer, groupId, clientId, logger } = this.#parts
    try {
      // Rejects while the coordinator is away. A describeGroup that fails would end the process: see there.
      await consumer.committed(this.#leadPartitions.slice(0, 1))
      if (this.#isClosed) return
      const members = await admin.describeGroup(groupId)
      const orphans = this.#orphans(members)
      if (orphans === undefined) return
      this.#isSettled = orphans.length === 0
      const found = orphans.join()
      const isLasting = found !== '' && found === this.#seen
      this.#seen = found
      if (!isLasting || !isFirst(clientId, members)) return
      logger.warn('partitions have no owner; having the group share them out', {
        partitions: orphans,
      })
      this.#seen = ''
      await this.#passBy()
    } catch (error) {
      logger.debug('looking for partitions without an owner failed; it is tried again', { error })
    }
  }

  /** Undefined in the middle of a rebalance: the broker tells of no owners at all then. */
  #orphans(members: readonly GroupMember[]): readonly string[] | undefined {
    const owned = new Set(
      members.flatMap(({ partitions }) =>
        partitions.map(({ topic, partition }) => partitionKey(topic, partition)),
      ),
    )
    if (owned.size === 0) return undefined
    return this.#leads.filter((key) => !owned.has(key))
  }

  async #passBy(): Promise<void> {
    const { resolved, createPasserBy, clock } = this.#parts
    const consumer = createPasserBy()
    try {
      await consumer.subscribe(resolved.subtopologies.map(({ leadTopic }) => leadTopic))
      const endMs = clock.nowMs() + LONGEST_JOIN_MS
      while (!this.#isClosed && clock.nowMs() < endMs) {
        const event = consumer.takeRebalance()
        if (event?.kind === 'assigned') return
        if (event !== undefined) await consumer.unassign(event.partitions)
        await consumer.poll(1, POLL_TIMEOUT_MS)
      }
    } finally {
      await consumer.close()
    }
  }
}

function isFirst(clientId: string, members: readonly GroupMember[]): boolean {
  return members.every((member) => clientId <= member.clientId)
}
