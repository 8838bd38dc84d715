import type { TopicPartition } from '@millrace/core/internal'
import { partitionText } from './partition-text.ts'

/** A member as it joined. */
export interface AssignableMember {
  readonly memberId: string
  readonly topics: readonly string[]
  /** What it holds, and has not been asked to give back. */
  readonly owned: readonly TopicPartition[]
}

export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>

/**
 * Balanced over the members that subscribe to a topic; a partition stays where it is as long as that
 * allows.
 *
 * `cooperative` (KIP-429): a partition that moves is given to nobody until its owner has given it back;
 * the member that is to have it gets it in the rebalance after that.
 */
export function assignSticky(
  members: readonly AssignableMember[],
  partitions: readonly TopicPartition[],
  cooperative: boolean,
): Assignment {
  const owners = new Map<string, string>()
  for (const { memberId, owned } of members) {
    for (const partition of owned) owners.set(partitionText(partition), memberId)
  }
  const target = balance(members, partitions, owners)
  if (!cooperative) return target
  return new Map(
    [...target].map(([memberId, given]) => [
      memberId,
      given.filter((partition) => {
        const owner = owners.get(partitionText(partition))
        return owner === undefined || owner === memberId
      }),
    ]),
  )
}

function balance(
  members: readonly AssignableMember[],
  partitions: readonly TopicPartition[],
  owners: ReadonlyMap<string, string>,
): Map<string, TopicPartition[]> {
  const given = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]))
  const free: TopicPartition[] = []
  for (const partition of partitions) {
    const owner = owners.get(partitionText(partition))
    const member = members.find(({ memberId }) => memberId === owner)
    if (member?.topics.includes(partition.topic)) given.get(member.memberId)?.push(partition)
    else free.push(partition)
  }
  for (const partition of free) {
    const least = leastLoaded(members, given, partition.topic)
    if (least !== undefined) given.get(least)?.push(partition)
  }
  while (moveOne(members, given));
  return given
}

function leastLoaded(
  members: readonly AssignableMember[],
  given: ReadonlyMap<string, readonly TopicPartition[]>,
  topic: string,
): string | undefined {
  let least: string | undefined
  for (const { memberId, topics } of members) {
    if (!topics.includes(topic)) continue
    if (least === undefined || loadOf(given, memberId) < loadOf(given, least)) least = memberId
  }
  return least
}

/** Moves one partition to a member with at least two less. False when there is none such. */
function moveOne(
  members: readonly AssignableMember[],
  given: Map<string, TopicPartition[]>,
): boolean {
  for (const { memberId } of members) {
    const own = given.get(memberId) ?? []
    for (let i = own.length - 1; i >= 0; i--) {
      const partition = own[i]
      if (partition === undefined) continue
      const least = leastLoaded(members, given, partition.topic)
      if (least === undefined || loadOf(given, least) + 1 >= own.length) continue
      own.splice(i, 1)
      given.get(least)?.push(partition)
      return true
    }
  }
  return false
}

function loadOf(given: ReadonlyMap<string, readonly TopicPartition[]>, memberId: string): number {
  return given.get(memberId)?.length ?? 0
}
