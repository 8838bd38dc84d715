import { MillraceError, type TransactionalProducer } from '@millrace/core/internal'
import assert from 'node:assert/strict'
import type { KafkaPortCase } from './kafka-port-case.ts'
import { bytes, type KafkaTestBed, record, textOf } from './kafka-test-bed.ts'

function isFenced(error: unknown): boolean {
  return MillraceError.is(error, 'MR_PRODUCER_FENCED')
}

async function valuesIn(bed: KafkaTestBed, topic: string): Promise<(string | null)[]> {
  await bed.untilDecided(topic)
  const { records } = await bed.readToEnd(await bed.reader(topic))
  return records.map(({ value }) => textOf(value))
}

async function commitRecord(
  producer: TransactionalProducer,
  topic: string,
  value: string,
): Promise<void> {
  await producer.begin()
  producer.send(record(topic, { value: bytes(value) }))
  await producer.commit()
}

async function refusesFencedProducers(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const consumer = await bed.soleMember(topic)
  const id = bed.uniqueName('fenced')
  const first = await bed.transactionalProducer(id)
  await commitRecord(first, topic, 'before')
  await first.begin()
  const second = await bed.transactionalProducer(id)
  await assert.rejects(
    first.sendOffsets([{ topic, partition: 0, offset: 1, metadata: '' }], consumer),
    isFenced,
  )
  await assert.rejects(first.commit(), isFenced)
  await assert.rejects(first.abort(), isFenced)
  await commitRecord(second, topic, 'after')
  assert.deepEqual(await valuesIn(bed, topic), ['before', 'after'])
  assert.equal((await consumer.committed([{ topic, partition: 0 }]))[0]?.offset, undefined)
}

async function timesTransactionsOut(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const consumer = await bed.soleMember(topic)
  const id = bed.uniqueName('slow')
  const slow = await bed.transactionalProducer(id, 1500)
  await slow.begin()
  slow.send(record(topic, { value: bytes('too late') }))
  await slow.sendOffsets([{ topic, partition: 0, offset: 1, metadata: '' }], consumer)
  await slow.flush()
  const startMs = bed.nowMs()
  const committed = consumer.committed([{ topic, partition: 0 }])
  await bed.untilEnd(topic, 2)
  assert.ok(bed.nowMs() - startMs > 500, 'the transaction was aborted at once')
  assert.equal((await committed)[0]?.offset, undefined)
  await assert.rejects(slow.commit(), isFenced)
  const next = await bed.transactionalProducer(id)
  await commitRecord(next, topic, 'in time')
  assert.deepEqual(await valuesIn(bed, topic), ['in time'])
}

async function interleavesTransactions(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(1)
  const [first, second] = [await bed.transactionalProducer(), await bed.transactionalProducer()]
  for (let round = 0; round < 3; round++) {
    await first.begin()
    await second.begin()
    first.send(record(topic, { value: bytes(`kept-${round}`) }))
    await first.flush()
    second.send(record(topic, { value: bytes(`aborted-${round}`) }))
    await second.flush()
    await first.commit()
    await second.abort()
  }
  assert.deepEqual(await valuesIn(bed, topic), ['kept-0', 'kept-1', 'kept-2'])
}

async function commitsWhatIsInSeveralPartitions(bed: KafkaTestBed): Promise<void> {
  const topic = await bed.createTopic(3)
  const producer = await bed.transactionalProducer()
  // One after the other without a pause: the markers of the one before are still being written.
  for (let round = 0; round < 5; round++) {
    await producer.begin()
    for (let partition = 0; partition < 3; partition++) {
      producer.send(record(topic, { partition, value: bytes(`${round}`) }))
    }
    if (round % 2 === 0) await producer.commit()
    else {
      // An abort that overtakes the registration of its partitions is refused, and ends the producer:
      // INVALID_TXN_STATE of a broker that still knows the transaction before.
      await producer.flush()
      await producer.abort()
    }
  }
  const records = await bed.readRecords(await bed.reader(topic, 3), 9)
  const read = records.map(({ partition, value }) => `${partition}: ${textOf(value) ?? ''}`)
  assert.deepEqual(
    read.sort(),
    [0, 1, 2].flatMap((partition) => [0, 2, 4].map((round) => `${partition}: ${round}`)),
  )
}

export const fencingCases: readonly KafkaPortCase[] = [
  { title: 'every call of a fenced producer is refused', run: refusesFencedProducers },
  {
    title: 'a transaction that is open for too long is aborted, and its producer fenced',
    run: timesTransactionsOut,
  },
  {
    title: 'records of aborted transactions are skipped between those of committed ones',
    run: interleavesTransactions,
  },
  {
    title: 'transactions that follow each other at once all take effect, in every partition',
    run: commitsWhatIsInSeveralPartitions,
  },
]
