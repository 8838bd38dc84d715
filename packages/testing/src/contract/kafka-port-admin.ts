import { MillraceError } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import type { KafkaPortCase } from './kafka-port-case.ts'
import { type KafkaTestBed, record } from './kafka-test-bed.ts'

async function createsTopics(bed: KafkaTestBed): Promise<void> {
  const [one, three] = [bed.uniqueName('topic'), bed.uniqueName('topic')]
  const topics = [
    { topic: one, partitions: 1, replicationFactor: 1, config: { 'cleanup.policy': 'compact' } },
    { topic: three, partitions: 3, replicationFactor: -1, config: {} },
  ]
  await bed.admin.createTopics(topics)
  const found = await bed.admin.describeTopics([one, bed.uniqueName('missing'), three])
  assert.deepEqual(
    found
      .map(({ topic, partitions }) => ({ topic, partitions }))
      .sort((a, b) => a.partitions - b.partitions),
    [
      { topic: one, partitions: 1 },
      { topic: three, partitions: 3 },
    ],
  )
  const names = await bed.admin.listTopics()
  assert.ok(names.includes(one) && names.includes(three))
  await bed.admin.createTopics(topics)
}

async function tellsTopicsApart(bed: KafkaTestBed): Promise<void> {
  const topic = bed.uniqueName('topic')
  const spec = { topic, partitions: 1, replicationFactor: -1, config: {} }
  await bed.admin.createTopics([spec])
  const [first] = await bed.admin.describeTopics([topic])
  assert.deepEqual(await bed.admin.describeTopics([topic]), [first])
  await bed.admin.deleteTopics([topic])
  await bed.admin.createTopics([spec])
  const [second] = await bed.admin.describeTopics([topic])
  assert.match(first?.topicId ?? '', /^.{22,36}$/)
  assert.notEqual(second?.topicId, first?.topicId)
}

async function deletesTopics(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  await bed.admin.deleteTopics([topic])
  await bed.admin.deleteTopics([topic])
  assert.deepEqual(await bed.admin.describeTopics([topic]), [])
}

async function refusesWrongTopics(bed: KafkaTestBed): Promise<void> {
  const topic = {
    topic: bed.uniqueName('topic'),
    partitions: 1,
    replicationFactor: 1,
    config: { 'no.such.setting': '1' },
  }
  await assert.rejects(bed.admin.createTopics([topic]), (error) =>
    MillraceError.is(error, 'MR_CONFIG'),
  )
}

async function listsAndDeletes(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(2)
  const producer = bed.producer()
  for (let i = 0; i < 10; i++) producer.send(record(topic))
  await producer.flush()
  const both = [0, 1].map((partition) => ({ topic, partition }))
  const offsets = async (spec: 'start' | 'end' | 'stable-end'): Promise<number[]> =>
    (await bed.admin.listOffsets(both, spec)).map(({ offset }) => offset)
  assert.deepEqual(await offsets('start'), [0, 0])
  assert.deepEqual(await offsets('end'), [10, 0])
  assert.deepEqual(await offsets('stable-end'), [10, 0])
  await bed.admin.deleteRecords([{ topic, partition: 0, offset: 4 }])
  assert.deepEqual(await offsets('start'), [4, 0])
  const reader = bed.track(bed.kafka.reader({ clientId: 'contract-reader' }))
  await reader.add([{ topic, partition: 0, offset: 4 }])
  assert.equal((await bed.readToEnd(reader)).records[0]?.offset, 4)
}

async function listsByTime(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(2)
  const producer = bed.producer()
  for (const timestampMs of [1000, 3000, 2000, 4000])
    producer.send({ ...record(topic), timestampMs })
  await producer.flush()
  const both = [0, 1].map((partition) => ({ topic, partition }))
  const offsets = async (fromTimestampMs: number): Promise<Record<number, number>> => {
    const listed = await bed.admin.listOffsets(both, { fromTimestampMs })
    return Object.fromEntries(listed.map(({ partition, offset }) => [partition, offset]))
  }
  assert.deepEqual(await offsets(0), { 0: 0, 1: 0 })
  assert.deepEqual(await offsets(1001), { 0: 1, 1: 0 })
  assert.deepEqual(await offsets(4000), { 0: 3, 1: 0 })
  assert.deepEqual(await offsets(4001), { 0: 4, 1: 0 }, 'the end, where no record is as late')
}

async function namesMissingPartitions(bed: KafkaTestBed): Promise<void> {
  const topic = bed.uniqueName('missing')
  await assert.rejects(bed.admin.listOffsets([{ topic, partition: 0 }], 'end'), (error) =>
    MillraceError.is(error, 'MR_UNKNOWN_TOPIC'),
  )
}

async function describesGroups(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(2)
  const groupId = bed.uniqueName('group')
  assert.deepEqual(await bed.admin.describeGroup(groupId), [])
  await bed.soleMember(topic, { groupId, clientId: 'the-member' })
  const members = await bed.admin.describeGroup(groupId)
  assert.equal(members.length, 1)
  assert.equal(members[0]?.clientId, 'the-member')
  assert.deepEqual(members[0].partitions.map(({ partition }) => partition).sort(), [0, 1])
}

export const adminCases: readonly KafkaPortCase[] = [
  { title: 'topics are created once, and described when they exist', run: createsTopics },
  { title: 'a topic that is made anew has another id', run: tellsTopicsApart },
  { title: 'topics are deleted, and missing ones are no error', run: deletesTopics },
  { title: 'a topic with a wrong setting is refused', run: refusesWrongTopics },
  { title: 'offsets are listed, and records deleted before one', run: listsAndDeletes },
  { title: 'offsets are listed by time, the end where no record is as late', run: listsByTime },
  { title: 'offsets of a missing topic are refused', run: namesMissingPartitions },
  { title: 'a group is described with its members', run: describesGroups },
]
