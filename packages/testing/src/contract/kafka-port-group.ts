import type {
  ConsumedRecord,
  GroupConsumer,
  GroupConsumerOptions,
  RebalanceEvent,
} from '@millrace/core/internal'
import assert from 'node:assert/strict'
import type { KafkaPortCase } from './kafka-port-case.ts'
import { bytes, type KafkaTestBed, record } from './kafka-test-bed.ts'

const PARTITIONS = 6

/** A member that answers its rebalances, and owns what it was told. */
class Member {
  readonly consumer: GroupConsumer
  readonly owned = new Set<number>()
  readonly events: RebalanceEvent[] = []
  readonly read: ConsumedRecord[] = []

  constructor(consumer: GroupConsumer) {
    this.consumer = consumer
  }

  async step(): Promise<void> {
    this.read.push(...(await this.consumer.poll(100, 20)).records)
    for (let event = this.consumer.takeRebalance(); event; event = this.consumer.takeRebalance()) {
      await this.#answer(event)
    }
  }

  async #answer(event: RebalanceEvent): Promise<void> {
    this.events.push(event)
    if (event.kind === 'assigned') {
      await this.consumer.assign(event.partitions.map((given) => ({ ...given, offset: 0 })))
      for (const { partition } of event.partitions) {
        assert.ok(!this.owned.has(partition), `partition ${partition} was given twice`)
        this.owned.add(partition)
      }
      return
    }
    await this.consumer.unassign(event.partitions)
    for (const { partition } of event.partitions) {
      assert.ok(this.owned.delete(partition), `partition ${partition} was taken, not owned`)
    }
  }
}

function assertDisjoint(members: readonly Member[]): void {
  const owned = members.flatMap((member) => [...member.owned])
  assert.equal(new Set(owned).size, owned.length, 'two members own a partition')
}

/** Until all partitions are owned, each member has its share, and the group has come to rest. */
async function settle(bed: KafkaTestBed, members: readonly Member[]): Promise<void> {
  const share = Math.floor(PARTITIONS / members.length)
  await bed.until('every member to own its share', async () => {
    // One after the other, as a thread for each would need a larger pool.
    for (const member of members) await member.step()
    assertDisjoint(members)
    const owned = members.map((member) => member.owned.size)
    return owned.every((count) => count >= share) && sum(owned) === PARTITIONS
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

async function sharesPartitions(
  bed: KafkaTestBed,
  groupProtocol: GroupConsumerOptions['groupProtocol'],
): Promise<void> {
  const topic = await bed.createTopic(PARTITIONS)
  const groupId = bed.uniqueName('group')
  const join = async (): Promise<Member> => {
    const member = new Member(bed.groupConsumer({ groupId, groupProtocol }))
    await member.consumer.subscribe([topic])
    return member
  }
  const [first, second] = [await join(), await join()]
  await settle(bed, [first, second])
  const third = await join()
  await settle(bed, [first, second, third])
  await first.consumer.close()
  await settle(bed, [second, third])
  for (const event of [...second.events, ...third.events]) {
    assert.ok(event.kind === 'assigned' || !event.lost, 'a member lost partitions')
  }
  const members = await bed.admin.describeGroup(groupId)
  const partitions = members.flatMap((member) => member.partitions.map((at) => at.partition))
  assert.deepEqual(partitions.sort(), [0, 1, 2, 3, 4, 5])
}

async function keepsReadingThroughARebalance(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(PARTITIONS)
  const groupId = bed.uniqueName('group')
  const member = new Member(bed.groupConsumer({ groupId }))
  await member.consumer.subscribe([topic])
  await settle(bed, [member])
  const late = new Member(bed.groupConsumer({ groupId }))
  await late.consumer.subscribe([topic])
  await settle(bed, [member, late])
  const kept = [...member.owned][0]
  assert.ok(kept !== undefined)
  const producer = bed.producer()
  producer.send(record(topic, { partition: kept, value: bytes('still mine') }))
  await producer.flush()
  await bed.until('the record of the partition that was kept', async () => {
    await member.step()
    await late.step()
    return member.read.length > 0
  })
  assert.equal(member.read[0]?.partition, kept)
}

async function closesWithUnansweredEvents(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(PARTITIONS)
  const groupId = bed.uniqueName('group')
  const unanswered = bed.groupConsumer({ groupId })
  await unanswered.subscribe([topic])
  await bed.until('the assignment that nobody answers', async () => {
    await unanswered.poll(1, 50)
    return unanswered.takeRebalance() !== undefined
  })
  const untaken = bed.groupConsumer({ groupId })
  await untaken.subscribe([topic])
  await untaken.poll(1, 1000)
  const startMs = bed.nowMs()
  await unanswered.close()
  await untaken.close()
  await unanswered.close()
  assert.ok(bed.nowMs() - startMs < 10_000, 'close waited for an answer')
  const successor = new Member(bed.groupConsumer({ groupId }))
  await successor.consumer.subscribe([topic])
  await settle(bed, [successor])
}

async function closesWithoutEverConnecting(bed: KafkaTestBed): Promise<void> {
  const options = { clientId: 'c', transactionalId: 't', transactionTimeoutMs: 10_000 }
  await bed.kafka.transactionalProducer(options).close()
  await bed.kafka.producer(options).close()
  await bed.kafka.reader(options).close()
  await bed.kafka.admin(options).close()
  await bed.groupConsumer().close()
}

async function givesPartitionsBackOnClose(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(PARTITIONS)
  const groupId = bed.uniqueName('group')
  const first = new Member(bed.groupConsumer({ groupId, sessionTimeoutMs: 30_000 }))
  await first.consumer.subscribe([topic])
  await settle(bed, [first])
  await first.consumer.close()
  const startMs = bed.nowMs()
  const second = new Member(bed.groupConsumer({ groupId, sessionTimeoutMs: 30_000 }))
  await second.consumer.subscribe([topic])
  await settle(bed, [second])
  assert.ok(bed.nowMs() - startMs < 15_000, 'the group waited for a member that had left')
}

export const groupCases: readonly KafkaPortCase[] = [
  {
    title: 'members that come and go own every partition exactly once (classic protocol)',
    run: (bed) => sharesPartitions(bed, 'classic'),
  },
  {
    title: 'members that come and go own every partition exactly once (consumer protocol)',
    run: (bed) => sharesPartitions(bed, 'consumer'),
  },
  {
    title: 'partitions that stay are read through a rebalance',
    run: keepsReadingThroughARebalance,
  },
  { title: 'close answers rebalances that nobody answered', run: closesWithUnansweredEvents },
  { title: 'close gives the partitions back at once', run: givesPartitionsBackOnClose },
  { title: 'a client that never connected closes', run: closesWithoutEverConnecting },
]
