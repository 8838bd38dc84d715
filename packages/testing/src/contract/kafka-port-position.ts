import { type ConsumedRecord, type GroupConsumer, MillraceError } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import type { KafkaPortCase } from './kafka-port-case.ts'
import { bytes, type KafkaTestBed, record } from './kafka-test-bed.ts'

const PARTITIONS = 2

/** More than one fetch of every partition, so that there is something prefetched. */
const RECORDS = 40_000

async function filledTopic(bed: KafkaTestBed): Promise<string> {
  const topic = await bed.createTopic(PARTITIONS)
  const producer = bed.producer()
  const value = bytes('x'.repeat(100))
  for (let i = 0; i < RECORDS; i++)
    producer.send(record(topic, { partition: i % PARTITIONS, value }))
  await producer.flush()
  return topic
}

/** Fails as soon as a record is not the one that must come next in its partition. */
class OrderCheck {
  readonly #next: number[]
  count = 0

  constructor(next: readonly number[]) {
    this.#next = [...next]
  }

  take(records: readonly ConsumedRecord[]): void {
    for (const { partition, offset } of records) {
      assert.equal(offset, this.#next[partition], `the next offset of partition ${partition}`)
      this.#next[partition] = offset + 1
      this.count++
    }
  }

  seek(partition: number, offset: number): void {
    this.#next[partition] = offset
  }

  next(partition: number): number {
    return this.#next[partition] ?? 0
  }
}

async function pollInto(
  bed: KafkaTestBed,
  consumer: GroupConsumer,
  check: OrderCheck,
  count: number,
): Promise<void> {
  const target = check.count + count
  await bed.until(`${count} records`, async () => {
    check.take((await consumer.poll(500, 100)).records)
    return check.count >= target
  })
}

async function seeksWithoutStaleRecords(bed: KafkaTestBed): Promise<void> {
  const topic = await filledTopic(bed)
  const consumer = await bed.soleMember(topic)
  const check = new OrderCheck([0, 0])
  const targets = [
    [0, 0],
    [15_000, 3],
    [100, 19_000],
    [7, 7],
  ] as const
  for (const [first, second] of targets) {
    await pollInto(bed, consumer, check, 3000)
    await consumer.seek([
      { topic, partition: 0, offset: first },
      { topic, partition: 1, offset: second },
    ])
    check.seek(0, first)
    check.seek(1, second)
  }
  await bed.until('both ends', async () => {
    check.take((await consumer.poll(5000, 100)).records)
    return check.next(0) === RECORDS / 2 && check.next(1) === RECORDS / 2
  })
}

async function seeksOnePartitionOnly(bed: KafkaTestBed): Promise<void> {
  const topic = await filledTopic(bed)
  const consumer = await bed.soleMember(topic)
  const check = new OrderCheck([0, 0])
  await pollInto(bed, consumer, check, 5000)
  await consumer.seek([{ topic, partition: 1, offset: 10 }])
  check.seek(1, 10)
  await bed.until('both ends', async () => {
    check.take((await consumer.poll(5000, 100)).records)
    return check.next(0) === RECORDS / 2 && check.next(1) === RECORDS / 2
  })
}

async function pausesWithoutGaps(bed: KafkaTestBed): Promise<void> {
  const topic = await filledTopic(bed)
  const consumer = await bed.soleMember(topic)
  const check = new OrderCheck([0, 0])
  await pollInto(bed, consumer, check, 2000)
  for (let round = 0; round < 10; round++) {
    consumer.pause([{ topic, partition: 0 }])
    const pausedAt = check.next(0)
    for (let poll = 0; poll < 5; poll++) check.take((await consumer.poll(100, 20)).records)
    assert.equal(check.next(0), pausedAt, 'a paused partition delivered records')
    consumer.resume([{ topic, partition: 0 }])
    await bed.until('the resumed partition', async () => {
      check.take((await consumer.poll(1000, 100)).records)
      return check.next(0) > pausedAt
    })
  }
  await bed.until('both ends', async () => {
    check.take((await consumer.poll(5000, 100)).records)
    return check.next(0) === RECORDS / 2 && check.next(1) === RECORDS / 2
  })
}

async function assignsOtherTopics(bed: KafkaTestBed): Promise<void> {
  const [lead, other] = [await bed.createTopic(1), await bed.createTopic(1)]
  const producer = bed.producer()
  producer.send(record(lead, { value: bytes('lead') }))
  for (let i = 0; i < 5; i++) producer.send(record(other, { value: bytes(`other-${i}`) }))
  await producer.flush()
  const consumer = await bed.soleMember(lead)
  await consumer.assign([{ topic: other, partition: 0, offset: 3 }])
  const records = await bed.readRecords(consumer, 3)
  const offsets = records.map(
    ({ topic, offset }) => `${topic === lead ? 'lead' : 'other'}-${offset}`,
  )
  assert.deepEqual(offsets.sort(), ['lead-0', 'other-3', 'other-4'])

  const transaction = await bed.transactionalProducer()
  await transaction.begin()
  await transaction.sendOffsets(
    [{ topic: other, partition: 0, offset: 5, metadata: 'm' }],
    consumer,
  )
  await transaction.commit()
  const at = { topic: other, partition: 0 }
  assert.deepEqual(await consumer.committed([at]), [{ ...at, offset: 5, metadata: 'm' }])

  await consumer.unassign([at])
  producer.send(record(other))
  producer.send(record(lead))
  await producer.flush()
  const [next] = await bed.readRecords(consumer, 1)
  assert.equal(next?.topic, lead)
}

async function unassignsAtOnce(bed: KafkaTestBed): Promise<void> {
  const topic = await filledTopic(bed)
  const consumer = await bed.soleMember(topic)
  const check = new OrderCheck([0, 0])
  await pollInto(bed, consumer, check, 2000)
  consumer.pause([{ topic, partition: 1 }])
  await consumer.unassign([{ topic, partition: 1 }])
  const left = check.next(1)
  await pollInto(bed, consumer, check, 2000)
  assert.equal(check.next(1), left, 'an unassigned partition delivered records')
  await consumer.assign([{ topic, partition: 1, offset: left }])
  await bed.until('the partition that is assigned again, and is not paused any more', async () => {
    check.take((await consumer.poll(5000, 100)).records)
    return check.next(1) === RECORDS / 2
  })
}

async function commitsWithoutTransaction(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const groupId = bed.uniqueName('group')
  const consumer = await bed.soleMember(topic, { groupId })
  // It joins nothing, and has a connection of its own: it sees what the group has.
  const observer = bed.groupConsumer({ groupId })
  const at = { topic, partition: 0 }
  for (let offset = 1; offset <= 50; offset++) {
    await consumer.commit([{ ...at, offset, metadata: 'plain' }])
    assert.deepEqual(await observer.committed([at]), [{ ...at, offset, metadata: 'plain' }])
  }
}

async function knowsTheEnd(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = bed.producer()
  for (let i = 0; i < 10; i++) producer.send(record(topic))
  await producer.flush()
  const consumer = await bed.soleMember(topic)
  await bed.readRecords(consumer, 10)
  assert.equal(consumer.knownEndOffset({ topic, partition: 0 }), 10)
  assert.equal(consumer.knownEndOffset({ topic: bed.uniqueName('none'), partition: 0 }), undefined)
}

async function rejectsLostPositions(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = bed.producer()
  for (let i = 0; i < 10; i++) producer.send(record(topic))
  await producer.flush()
  await bed.admin.deleteRecords([{ topic, partition: 0, offset: 5 }])
  await assert.rejects(bed.readRecords(await bed.reader(topic), 1), (error) =>
    MillraceError.is(error, 'MR_OFFSET_OUT_OF_RANGE'),
  )
}

async function readsAddedPartitions(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(3)
  const producer = bed.producer()
  for (let partition = 0; partition < 3; partition++) {
    for (let i = 0; i < 5; i++) producer.send(record(topic, { partition }))
  }
  await producer.flush()
  const reader = bed.track(bed.kafka.reader({ clientId: 'contract-reader' }))
  await reader.add([{ topic, partition: 1, offset: 2 }])
  assert.deepEqual(
    (await bed.readRecords(reader, 3)).map(({ partition, offset }) => [partition, offset]),
    [
      [1, 2],
      [1, 3],
      [1, 4],
    ],
  )
  await reader.remove([{ topic, partition: 1 }])
  await reader.add([{ topic, partition: 2, offset: 4 }])
  producer.send(record(topic, { partition: 1 }))
  producer.send(record(topic, { partition: 2 }))
  await producer.flush()
  assert.deepEqual(
    (await bed.readRecords(reader, 2)).map(({ partition, offset }) => [partition, offset]),
    [
      [2, 4],
      [2, 5],
    ],
  )
}

export const positionCases: readonly KafkaPortCase[] = [
  { title: 'seek delivers nothing that was fetched from before', run: seeksWithoutStaleRecords },
  { title: 'seek of one partition leaves the others alone', run: seeksOnePartitionOnly },
  { title: 'pause and resume make no gap and repeat nothing', run: pausesWithoutGaps },
  { title: 'a member can read topics that it did not subscribe to', run: assignsOtherTopics },
  { title: 'unassign takes effect at once, and ends a pause', run: unassignsAtOnce },
  { title: 'offsets are committed without a transaction', run: commitsWithoutTransaction },
  { title: 'the end of a partition is known after reading from it', run: knowsTheEnd },
  { title: 'a position that was deleted makes poll reject', run: rejectsLostPositions },
  { title: 'a reader reads what is added, and not what is removed', run: readsAddedPartitions },
]
