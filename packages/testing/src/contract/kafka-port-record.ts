import { MillraceError, partitionForKey } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { KafkaPortCase } from './kafka-port-case.ts'
import { bytes, type KafkaTestBed, record, textOf } from './kafka-test-bed.ts'

async function keepsEverythingInOrder(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = bed.producer()
  for (let i = 0; i < 1000; i++) {
    producer.send(
      record(topic, {
        key: bytes(`key-${i}`),
        value: bytes(`value-${i}`),
        timestampMs: 1_600_000_000_000 + i,
        headers: [{ key: `name-${i}`, value: bytes(`header-${i}`) }],
      }),
    )
  }
  await producer.flush()
  const records = await bed.readRecords(await bed.reader(topic), 1000)
  assert.deepEqual(
    records.map(({ topic: from, partition, offset, timestamp, key, value, headers }) => [
      from,
      partition,
      offset,
      timestamp,
      textOf(key),
      textOf(value),
      headers.map((header) => [header.key, textOf(header.value)]),
    ]),
    Array.from({ length: 1000 }, (_, i) => [
      topic,
      0,
      i,
      1_600_000_000_000 + i,
      `key-${i}`,
      `value-${i}`,
      [[`name-${i}`, `header-${i}`]],
    ]),
  )
}

async function keepsNullAndEmptyApart(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = bed.producer()
  producer.send(record(topic, { key: null, value: bytes('v') }))
  producer.send(record(topic, { key: bytes('k'), value: null }))
  producer.send(record(topic, { key: new Uint8Array(0), value: new Uint8Array(0) }))
  await producer.flush()
  const records = await bed.readRecords(await bed.reader(topic), 3)
  assert.deepEqual(
    records.map(({ key, value, headers }) => [textOf(key), textOf(value), headers.length]),
    [
      [null, 'v', 0],
      ['k', null, 0],
      ['', '', 0],
    ],
  )
}

async function keepsHeadersInOrder(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = bed.producer()
  const headers = [
    { key: 'b', value: bytes('1') },
    { key: 'a', value: bytes('2') },
    { key: 'b', value: bytes('3') },
    { key: '7', value: new Uint8Array(0) },
  ]
  producer.send(record(topic, { headers }))
  await producer.flush()
  const [read] = await bed.readRecords(await bed.reader(topic), 1)
  assert.deepEqual(
    read?.headers.map(({ key, value }) => [key, textOf(value)]),
    [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
      ['7', ''],
    ],
  )
}

/** Not "as null": librdkafka's binding for Node gives no way to tell. */
async function keepsNullHeaders(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = bed.producer()
  producer.send(record(topic, { headers: [{ key: 'none', value: null }] }))
  await producer.flush()
  const [read] = await bed.readRecords(await bed.reader(topic), 1)
  assert.equal(read?.headers[0]?.key, 'none')
  assert.equal(read.headers[0].value?.length ?? 0, 0)
}

async function pollsWithoutWaitingForMore(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = bed.producer()
  const reader = await bed.reader(topic)
  const startMs = bed.nowMs()
  const polled = reader.poll(1000, 20_000)
  producer.send(record(topic))
  await producer.flush()
  let batch = await polled
  while (batch.records.length === 0) batch = await reader.poll(1000, 20_000)
  assert.equal(batch.records.length, 1)
  assert.ok(bed.nowMs() - startMs < 15_000)
}

async function choosesJavasPartition(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(7)
  const producer = bed.producer()
  const keys = Array.from({ length: 300 }, (_, i) => randomBytes(1 + (i % 40)))
  for (const key of keys) producer.send(record(topic, { partition: undefined, key }))
  await producer.flush()
  const records = await bed.readRecords(await bed.reader(topic, 7), keys.length)
  assert.equal(records.length, keys.length)
  for (const { key, partition } of records) {
    assert.ok(key !== null)
    assert.equal(partition, partitionForKey(key, 7), `key ${Buffer.from(key).toString('hex')}`)
  }
}

async function refusesTooLargeRecords(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1, { 'max.message.bytes': '2000' })
  const producer = bed.producer()
  // Random, so that compression does not make it small enough.
  producer.send(record(topic, { value: randomBytes(5000) }))
  await assert.rejects(producer.flush(), (error) => {
    assert.ok(MillraceError.is(error, 'MR_RECORD_TOO_LARGE'))
    assert.equal(error.at['topic'], topic)
    return true
  })
}

async function refusesTooLargeRecordsAtOnce(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const producer = await bed.transactionalProducer()
  await producer.begin()
  assert.throws(
    () => {
      producer.send(record(topic, { value: Buffer.alloc(20_000_000) }))
    },
    (error) => MillraceError.is(error, 'MR_RECORD_TOO_LARGE') && error.at['topic'] === topic,
  )
  await producer.abort()
}

async function namesUnknownTopics(bed: KafkaTestBed): Promise<void> {
  const topic = bed.uniqueName('missing')
  const producer = bed.producer()
  const sendAndFlush = async (): Promise<void> => {
    producer.send(record(topic))
    await producer.flush()
  }
  await assert.rejects(
    sendAndFlush(),
    (error) => MillraceError.is(error, 'MR_UNKNOWN_TOPIC') && error.at['topic'] === topic,
  )
}

async function saysThatNoBrokerAnswers(bed: KafkaTestBed): Promise<void> {
  const isUnavailable = (error: unknown): boolean =>
    MillraceError.is(error, 'MR_BROKER_UNAVAILABLE')
  const options = {
    clientId: 'nobody',
    transactionalId: bed.uniqueName('nobody'),
    transactionTimeoutMs: 10_000,
  }
  const producer = bed.track(bed.unreachable.transactionalProducer(options))
  await assert.rejects(producer.init(), isUnavailable)
  await assert.rejects(producer.init(), isUnavailable)
  const admin = bed.track(bed.unreachable.admin({ clientId: 'nobody' }))
  await assert.rejects(admin.listTopics(), isUnavailable)
  const reader = bed.track(bed.unreachable.reader({ clientId: 'nobody' }))
  await assert.rejects(reader.add([{ topic: 't', partition: 0, offset: 0 }]), isUnavailable)
}

export const recordCases: readonly KafkaPortCase[] = [
  {
    title: 'records arrive in order, with exact key, value, headers and timestamp',
    run: keepsEverythingInOrder,
  },
  { title: 'null and empty keys and values stay apart', run: keepsNullAndEmptyApart },
  { title: 'headers keep their order, and names may repeat', run: keepsHeadersInOrder },
  { title: 'a header without a value arrives as null or empty', run: keepsNullHeaders },
  { title: 'a poll returns as soon as there is a record', run: pollsWithoutWaitingForMore },
  { title: "keys go to the partition of Java's default partitioner", run: choosesJavasPartition },
  {
    title: 'a record too large for the topic makes flush reject, and names the topic',
    run: refusesTooLargeRecords,
  },
  {
    title: 'a record too large for any topic makes send throw',
    run: refusesTooLargeRecordsAtOnce,
  },
  { title: 'a record for an unknown topic makes flush reject', run: namesUnknownTopics },
  {
    title: 'calls reject with a retriable error when no broker answers',
    run: saysThatNoBrokerAnswers,
  },
]
