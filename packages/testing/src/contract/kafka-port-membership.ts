import { type GroupConsumer, MillraceError, type RebalanceEvent } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import type { KafkaPortCase } from './kafka-port-case.ts'
import { bytes, type KafkaTestBed, record } from './kafka-test-bed.ts'

const PARTITIONS = 4

/** Polls all of them until one has an event that it does not answer by itself. */
async function nextEvent(
  bed: KafkaTestBed,
  consumer: GroupConsumer,
  others: readonly GroupConsumer[] = [],
): Promise<RebalanceEvent> {
  let event: RebalanceEvent | undefined
  await bed.until('a rebalance', async () => {
    for (const member of [consumer, ...others]) await member.poll(1, 20)
    event = consumer.takeRebalance()
    return event !== undefined
  })
  assert.ok(event !== undefined)
  return event
}

/** Answers what comes until the member has been given as many partitions in all. */
async function ownAll(bed: KafkaTestBed, consumer: GroupConsumer, count: number): Promise<void> {
  let owned = 0
  while (owned < count) {
    const event = await nextEvent(bed, consumer)
    assert.equal(event.kind, 'assigned')
    await consumer.assign(event.partitions.map((given) => ({ ...given, offset: 0 })))
    owned += event.partitions.length
  }
}

async function takesOffsetsBeforePartitionsAreGivenBack(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(PARTITIONS)
  const groupId = bed.uniqueName('group')
  const first = await bed.soleMember(topic, { groupId })
  const second = bed.groupConsumer({ groupId })
  await second.subscribe([topic])
  let event = await nextEvent(bed, first, [second])
  while (event.kind === 'assigned') {
    await first.assign([])
    event = await nextEvent(bed, first, [second])
  }
  assert.equal(event.lost, false)
  const [given] = event.partitions
  assert.ok(given !== undefined)
  const producer = await bed.transactionalProducer()
  await producer.begin()
  await producer.sendOffsets([{ ...given, offset: 5, metadata: '' }], first)
  await producer.commit()
  await first.unassign(event.partitions)
  // The next owner is told what was committed last.
  let received: RebalanceEvent | undefined
  await bed.until('the partitions to be given to the second', async () => {
    await first.poll(1, 20)
    const own = first.takeRebalance()
    if (own?.kind === 'assigned') await first.assign([])
    await second.poll(1, 20)
    const next = second.takeRebalance()
    if (next?.kind !== 'assigned') return false
    await second.assign(next.partitions.map((partition) => ({ ...partition, offset: 0 })))
    if (next.partitions.length > 0) received = next
    return received !== undefined
  })
  assert.ok(received?.partitions.some(({ partition }) => partition === given.partition))
  assert.equal((await second.committed([given]))[0]?.offset, 5)
  // Those that the first member keeps can still be committed.
  const kept = [0, 1, 2, 3].find(
    (partition) => !event.partitions.some((gone) => gone.partition === partition),
  )
  await producer.begin()
  await producer.sendOffsets([{ topic, partition: kept ?? 0, offset: 7, metadata: '' }], first)
  await producer.commit()
}

async function tellsEndsOnce(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = bed.producer()
  producer.send(record(topic, { value: bytes('one') }))
  await producer.flush()
  const consumer = await bed.soleMember(topic)
  assert.equal((await bed.readToEnd(consumer)).end, 1)
  for (let poll = 0; poll < 5; poll++) {
    assert.deepEqual(await consumer.poll(10, 150), { records: [], ends: [] })
  }
  producer.send(record(topic, { value: bytes('two') }))
  await producer.flush()
  const next = await bed.readToEnd(consumer)
  assert.equal(next.records.length, 1)
  assert.equal(next.end, 2)
  await consumer.seek([{ topic, partition: 0, offset: 2 }])
  assert.equal((await bed.readToEnd(consumer)).end, 2)
}

async function tellsTheEndOfAnEmptyPartition(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const { records, end } = await bed.readToEnd(await bed.reader(topic))
  assert.deepEqual(records, [])
  assert.equal(end, 0)
}

async function takesOverStaticMembers(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(PARTITIONS)
  const options = { groupId: bed.uniqueName('group'), groupInstanceId: 'one' }
  const other = bed.groupConsumer({ groupId: options.groupId, groupInstanceId: 'other' })
  const first = await bed.soleMember(topic, options)
  await other.subscribe([topic])
  // The broker tells of an assignment before its member has heard of it.
  let heard = 0
  await bed.until('a balanced group', async () => {
    for (const member of [first, other]) {
      await member.poll(1, 20)
      const event = member.takeRebalance()
      if (event?.kind === 'assigned') {
        if (member === other) heard += event.partitions.length
        await member.assign(event.partitions.map((given) => ({ ...given, offset: 0 })))
      } else if (event !== undefined) await member.unassign(event.partitions)
    }
    const members = await bed.admin.describeGroup(options.groupId)
    const isBalanced = members.every(({ partitions }) => partitions.length === 2)
    return members.length === 2 && isBalanced && heard === 2
  })
  const second = bed.groupConsumer(options)
  await second.subscribe([topic])
  await ownAll(bed, second, 2)
  await bed.until('the first to hear that its place was taken', async () => {
    try {
      await first.poll(1, 50)
      return false
    } catch (error) {
      assert.ok(MillraceError.is(error, 'MR_MEMBER_FENCED'), String(error))
      return true
    }
  })
  for (let poll = 0; poll < 10; poll++) {
    await other.poll(1, 100)
    assert.equal(other.takeRebalance(), undefined, 'another member heard of the take-over')
  }
}

async function keepsThePlaceOfStaticMembers(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(PARTITIONS)
  const options = { groupId: bed.uniqueName('group'), groupInstanceId: 'one' }
  const first = await bed.soleMember(topic, { ...options, sessionTimeoutMs: 30_000 })
  await first.close()
  assert.equal((await bed.admin.describeGroup(options.groupId)).length, 1)
  const startMs = bed.nowMs()
  const second = bed.groupConsumer({ ...options, sessionTimeoutMs: 30_000 })
  await second.subscribe([topic])
  await ownAll(bed, second, PARTITIONS)
  assert.ok(bed.nowMs() - startMs < 15_000, 'the group waited for the session of the first')
}

export const membershipCases: readonly KafkaPortCase[] = [
  {
    title: 'offsets are taken until the partitions are given back, and of those that stay',
    run: takesOffsetsBeforePartitionsAreGivenBack,
  },
  { title: 'an end is told once, and again after a seek', run: tellsEndsOnce },
  { title: 'an empty partition has an end', run: tellsTheEndOfAnEmptyPartition },
  {
    title: 'a static member takes over from the one before, and no other hears of it',
    run: takesOverStaticMembers,
  },
  { title: 'a static member that closes keeps its place', run: keepsThePlaceOfStaticMembers },
]
