import { MillraceError, type RebalanceEvent } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { KafkaPortCase } from './kafka-port-case.ts'
import { bytes, type KafkaTestBed, record, textOf } from './kafka-test-bed.ts'

function values(records: readonly { readonly value: Uint8Array | null }[]): (string | null)[] {
  return records.map(({ value }) => textOf(value))
}

async function hidesOpenTransactions(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const [open, other] = await Promise.all([
    bed.transactionalProducer(),
    bed.transactionalProducer(),
  ])
  const reader = await bed.reader(topic)
  await other.begin()
  other.send(record(topic, { value: bytes('before') }))
  await other.commit()
  await bed.untilEnd(topic, 2)
  await open.begin()
  open.send(record(topic, { value: bytes('open') }))
  await open.flush()
  await other.begin()
  other.send(record(topic, { value: bytes('behind') }))
  await other.commit()
  await bed.untilEnd(topic, 5)

  const first = await bed.readToEnd(reader)
  assert.deepEqual(values(first.records), ['before'])
  // The record, its marker, and then the first record of the open transaction.
  assert.equal(first.end, 2)
  assert.equal(await bed.offset(topic, 'stable-end'), 2)

  await open.commit()
  const rest = await bed.readRecords(reader, 2)
  assert.deepEqual(values(rest), ['open', 'behind'])
}

async function hidesAbortedTransactions(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = await bed.transactionalProducer()
  await producer.begin()
  producer.send(record(topic, { value: bytes('aborted') }))
  await producer.flush()
  await producer.abort()
  await producer.begin()
  producer.send(record(topic, { value: bytes('committed') }))
  await producer.commit()
  await bed.untilDecided(topic)
  const { records, end } = await bed.readToEnd(await bed.reader(topic))
  assert.deepEqual(values(records), ['committed'])
  // Two records and two markers.
  assert.equal(end, 4)
}

async function endsBeyondAnAbortedTail(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = await bed.transactionalProducer()
  await producer.begin()
  producer.send(record(topic, { value: bytes('aborted') }))
  await producer.flush()
  await producer.abort()
  await bed.untilDecided(topic)
  const { records, end } = await bed.readToEnd(await bed.reader(topic))
  assert.deepEqual(values(records), [])
  assert.equal(end, 2)
}

async function dropsQueuedRecordsOnAbort(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = await bed.transactionalProducer()
  await producer.begin()
  for (let i = 0; i < 1000; i++) producer.send(record(topic, { value: bytes('aborted') }))
  await producer.abort()
  await producer.begin()
  producer.send(record(topic, { value: bytes('committed') }))
  await producer.commit()
  assert.deepEqual(values(await bed.readRecords(await bed.reader(topic), 1)), ['committed'])
}

async function commitsOffsetsWithRecords(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(2)
  const consumer = await bed.soleMember(topic)
  const producer = await bed.transactionalProducer()
  const both = [0, 1].map((partition) => ({ topic, partition }))
  assert.deepEqual(await consumer.committed(both), [
    { topic, partition: 0, offset: undefined, metadata: '' },
    { topic, partition: 1, offset: undefined, metadata: '' },
  ])
  await producer.begin()
  await producer.sendOffsets(
    [
      { topic, partition: 0, offset: 3, metadata: 'méta' },
      { topic, partition: 1, offset: 0, metadata: '' },
    ],
    consumer,
  )
  await producer.commit()
  const committed = [
    { topic, partition: 0, offset: 3, metadata: 'méta' },
    { topic, partition: 1, offset: 0, metadata: '' },
  ]
  assert.deepEqual(await consumer.committed(both), committed)
  await producer.begin()
  await producer.sendOffsets([{ topic, partition: 0, offset: 9, metadata: 'lost' }], consumer)
  await producer.abort()
  assert.deepEqual(await consumer.committed(both), committed)
}

async function waitsForUndecidedOffsets(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const consumer = await bed.soleMember(topic)
  const producer = await bed.transactionalProducer()
  await producer.begin()
  await producer.sendOffsets([{ topic, partition: 0, offset: 7, metadata: '' }], consumer)
  let isDecided = false
  const committed = consumer.committed([{ topic, partition: 0 }]).then((offsets) => {
    assert.ok(isDecided, 'the offsets came before the transaction was decided')
    return offsets
  })
  // The request must be under way for the case to mean anything: another answer shows that it is.
  await bed.admin.describeTopics([topic])
  isDecided = true
  await producer.commit()
  assert.equal((await committed)[0]?.offset, 7)
}

async function fencesTheEarlierProducer(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const id = bed.uniqueName('fenced')
  const first = await bed.transactionalProducer(id)
  await first.begin()
  first.send(record(topic, { value: bytes('zombie') }))
  await first.flush()
  const second = await bed.transactionalProducer(id)
  first.send(record(topic, { value: bytes('zombie') }))
  await assert.rejects(first.commit(), (error) => MillraceError.is(error, 'MR_PRODUCER_FENCED'))
  await second.begin()
  second.send(record(topic, { value: bytes('successor') }))
  await second.commit()
  await bed.untilDecided(topic)
  const { records } = await bed.readToEnd(await bed.reader(topic))
  assert.deepEqual(values(records), ['successor'])
}

/**
 * The zombie does not poll for longer than it may. Its client leaves the group by itself, and from
 * then on has no member id to be refused by: the broker takes offsets without one.
 */
async function refusesStaleGenerations(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const groupId = bed.uniqueName('group')
  const zombie = await bed.soleMember(topic, { groupId, maxPollIntervalMs: 6000 })
  const producer = await bed.transactionalProducer()
  await producer.begin()
  const successor = bed.groupConsumer({ groupId })
  await successor.subscribe([topic])
  await bed.until('the group to give the partition to the successor', async () => {
    await successor.poll(1, 50)
    const event = successor.takeRebalance()
    if (event === undefined) return false
    await successor.assign(event.partitions.map((given) => ({ ...given, offset: 0 })))
    return event.partitions.length > 0
  })
  await assert.rejects(
    producer.sendOffsets([{ topic, partition: 0, offset: 1, metadata: '' }], zombie),
    (error) => MillraceError.is(error, 'MR_STALE_GENERATION'),
  )
  // Outside a transaction they are not taken either. The reason may be unknown: librdkafka tells it to a poll.
  const at = { topic, partition: 0 }
  await assert.rejects(
    zombie.commit([{ ...at, offset: 1, metadata: '' }]),
    (error) => MillraceError.is(error) && error.action === 'abort',
  )
  assert.equal((await successor.committed([at]))[0]?.offset, undefined)
  await producer.abort()
  let revoked: RebalanceEvent | undefined
  await bed.until('the zombie to hear of it', async () => {
    await zombie.poll(1, 50)
    const event = zombie.takeRebalance()
    if (event?.kind === 'assigned') await zombie.assign([])
    if (event?.kind === 'revoked') revoked = event
    return revoked !== undefined
  })
  assert.deepEqual(revoked, {
    kind: 'revoked',
    partitions: [{ topic, partition: 0 }],
    lost: true,
  })
}

async function keepsCommitRejectionsApart(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1, { 'max.message.bytes': '2000' })
  const producer = await bed.transactionalProducer()
  await producer.begin()
  producer.send(record(topic, { value: randomBytes(5000) }))
  await assert.rejects(
    producer.commit(),
    (error) => MillraceError.is(error, 'MR_RECORD_TOO_LARGE') && error.at['topic'] === topic,
  )
  // librdkafka lets the record leave a gap in the sequence: the transaction after it is lost, too.
  await bed.until('a transaction that commits', async () => {
    await producer.abort()
    await producer.begin()
    producer.send(record(topic, { value: bytes('next') }))
    return producer.commit().then(
      () => true,
      (error: unknown) => {
        assert.ok(MillraceError.is(error, 'MR_TRANSACTION_ABORTED'))
        return false
      },
    )
  })
  await bed.untilDecided(topic)
  const { records } = await bed.readToEnd(await bed.reader(topic))
  assert.deepEqual(values(records), ['next'])
}

export const transactionCases: readonly KafkaPortCase[] = [
  {
    title: 'an open transaction is hidden, and holds back the end, until it commits',
    run: hidesOpenTransactions,
  },
  { title: 'an aborted transaction is never delivered', run: hidesAbortedTransactions },
  { title: 'the end is beyond the marker of an aborted tail', run: endsBeyondAnAbortedTail },
  { title: 'abort drops what is queued', run: dropsQueuedRecordsOnAbort },
  {
    title: 'offsets with metadata are visible after commit, and not after abort',
    run: commitsOffsetsWithRecords,
  },
  { title: 'committed waits for an undecided transaction', run: waitsForUndecidedOffsets },
  {
    title: 'init fences the earlier producer of the id and aborts its transaction',
    run: fencesTheEarlierProducer,
  },
  { title: 'sendOffsets is refused when the group moved on', run: refusesStaleGenerations },
  {
    title: 'a record too large makes commit reject, and the producer goes on after abort',
    run: keepsCommitRejectionsApart,
  },
]
