import {
  type ConsumedRecord,
  type GroupConsumer,
  MillraceError,
  wait,
} from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KafkaCall } from './kafka-faults.ts'
import {
  memberOptions,
  PollingMember,
  producerOf,
  readUntil,
  record,
  SimulationBed,
  values,
} from './simulation-bed.testkit.ts'

function fill(bed: SimulationBed, topic: string, count: number): void {
  for (let i = 0; i < count; i++) bed.kafka.append(record(topic, String(i)))
}

describe('reads of the simulated Kafka', () => {
  test('blocks may be as small as one record, and partitions come in any order', async () => {
    const bed = new SimulationBed({ faultOptions: { blockRecords: [1, 4] } })
    bed.topic('in', 3)
    for (let i = 0; i < 60; i++) bed.kafka.append(record('in', String(i), i % 3))
    const orders = new Set<string>()
    const next = new Map([0, 1, 2].map((partition) => [partition, 0]))
    const read = async (): Promise<void> => {
      const reader = bed.port().reader({ clientId: 'reader' })
      await reader.add([0, 1, 2].map((partition) => ({ topic: 'in', partition, offset: 0 })))
      for (let count = 0; count < 60;) {
        const { records } = await reader.poll(100, 100)
        assert.ok(records.length <= 12)
        for (const { partition, offset } of records) {
          assert.equal(offset, next.get(partition))
          next.set(partition, offset + 1)
        }
        const order = new Set(records.map(({ partition }) => partition))
        if (order.size === 3) orders.add([...order].join())
        count += records.length
      }
    }
    await bed.settle(read())
    assert.ok(orders.size > 2, [...orders].join(' '))
  })

  test('a slow restore gets few records at a time', async () => {
    const bed = new SimulationBed({
      faultOptions: { restoreRecords: [2, 3], restoreDelayMs: [100, 100] },
    })
    bed.topic('changelog')
    fill(bed, 'changelog', 50)
    const records = await bed.settle(
      readUntil(bed.port().reader({ clientId: 'reader' }), 'changelog', 50),
    )
    assert.equal(records.length, 50)
    assert.ok(bed.elapsedMs > 2000, `${bed.elapsedMs} ms`)
  })

  test('a topic that is made anew refuses the positions of the one before', async () => {
    const bed = new SimulationBed()
    bed.topic('in')
    fill(bed, 'in', 10)
    const read = async (): Promise<void> => {
      const port = bed.port()
      const reader = port.reader({ clientId: 'reader' })
      await readUntil(reader, 'in', 10)
      await port.admin({ clientId: 'admin' }).deleteTopics(['in'])
      await assert.rejects(reader.poll(10, 100), (error) =>
        MillraceError.is(error, 'MR_UNKNOWN_TOPIC'),
      )
      bed.topic('in')
      await reader.add([{ topic: 'in', partition: 0, offset: 10 }])
      await assert.rejects(reader.poll(10, 100), (error) =>
        MillraceError.is(error, 'MR_OFFSET_OUT_OF_RANGE'),
      )
    }
    await bed.settle(read())
  })

  test('a poll under way may give records from before a seek; the position is the new one', async () => {
    const bed = new SimulationBed({ overrides: { latencyMs: () => 5 } })
    bed.topic('in')
    fill(bed, 'in', 10)
    const process = bed.process()
    const read = async (): Promise<readonly ConsumedRecord[]> => {
      const member = new PollingMember(bed.kafka.connect(process).groupConsumer(memberOptions()))
      const { consumer } = member
      await consumer.subscribe(['in'])
      while (member.owned.size === 0) await member.step()
      await consumer.seek([{ topic: 'in', partition: 0, offset: 0 }])
      const stale = consumer.poll(10, 1000)
      await wait(process, 7)
      await consumer.seek([{ topic: 'in', partition: 0, offset: 7 }])
      assert.equal((await stale).records[0]?.offset, 0)
      const records: ConsumedRecord[] = []
      while (records.length < 3) records.push(...(await consumer.poll(10, 1000)).records)
      return records
    }
    assert.deepEqual(values(await bed.settle(read())), ['7', '8', '9'])
  })
})

/** What the polls of one partition with ten records give, of which the first is interrupted by `interrupt`. */
async function readInterrupted(
  interrupt: (consumer: GroupConsumer, bed: SimulationBed) => void,
  choose: (bound: number) => number,
): Promise<readonly string[]> {
  // Slow enough that the group can rebalance under a poll.
  const latencyMs = ({ operation }: KafkaCall): number => (operation === 'consumer.poll' ? 400 : 5)
  const bed = new SimulationBed({ overrides: { latencyMs, choose } })
  bed.topic('in')
  fill(bed, 'in', 10)
  const process = bed.process()
  const read = async (): Promise<readonly ConsumedRecord[]> => {
    const member = new PollingMember(bed.kafka.connect(process).groupConsumer(memberOptions()))
    const { consumer } = member
    await consumer.subscribe(['in'])
    while (member.owned.size === 0) await member.step()
    await consumer.seek([{ topic: 'in', partition: 0, offset: 0 }])
    const first = consumer.poll(4, 1000)
    await wait(process, 450)
    interrupt(consumer, bed)
    const records = [...(await first).records]
    while (records.at(-1)?.offset !== 9) records.push(...(await consumer.poll(10, 1000)).records)
    return records
  }
  return values(await bed.settle(read()))
}

const inTurn = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']
const withRepeat = ['0', '1', '2', '3', '3', '4', '5', '6', '7', '8', '9']

function pauseAndResume(consumer: GroupConsumer): void {
  consumer.pause([{ topic: 'in', partition: 0 }])
  consumer.resume([{ topic: 'in', partition: 0 }])
}

describe('the last record of a poll of the simulated Kafka', () => {
  test('comes again, or does not, when its partition is paused under the poll', async () => {
    assert.deepEqual(await readInterrupted(pauseAndResume, () => 0), withRepeat)
    assert.deepEqual(await readInterrupted(pauseAndResume, (bound) => bound - 1), inTurn)
  })

  test('comes again, or does not, when a rebalance begins under the poll', async () => {
    const rebalance = (_consumer: GroupConsumer, bed: SimulationBed): void => {
      bed.kafka.forceRebalance('group')
    }
    assert.deepEqual(await readInterrupted(rebalance, () => 0), withRepeat)
    assert.deepEqual(await readInterrupted(rebalance, (bound) => bound - 1), inTurn)
  })

  test('never comes again when nothing happens under the poll', async () => {
    const nothing = (): void => undefined
    assert.deepEqual(await readInterrupted(nothing, () => 0), inTurn)
  })
})

describe('compaction of the simulated Kafka', () => {
  test('compaction keeps the newest record of each key, at its offset', async () => {
    const bed = new SimulationBed()
    bed.topic('changelog')
    const append = (key: string, value: string | null): void => {
      const of = record('changelog', key)
      bed.kafka.append({ ...of, value: value === null ? null : Buffer.from(value) })
    }
    append('a', '1')
    append('b', '1')
    append('a', '2')
    append('c', '1')
    append('c', null)
    bed.kafka.compact('changelog')
    const read = await bed.settle(
      readUntil(bed.port().reader({ clientId: 'reader' }), 'changelog', 5),
    )
    assert.deepEqual(
      read.map(({ offset, value }) => [offset, Buffer.from(value ?? '').toString()]),
      [
        [1, '1'],
        [2, '2'],
      ],
    )
  })

  test('compaction leaves an open transaction, and what is behind it, alone', async () => {
    const bed = new SimulationBed()
    bed.topic('changelog')
    const run = async (): Promise<void> => {
      const producer = await producerOf(bed.port(), 'id')
      bed.kafka.append(record('changelog', 'key'))
      await producer.begin()
      producer.send(record('changelog', 'key'))
      await producer.flush()
      bed.kafka.append(record('changelog', 'key'))
      bed.kafka.compact('changelog')
      await producer.abort()
      const read = await readUntil(bed.port().reader({ clientId: 'reader' }), 'changelog', 4)
      assert.deepEqual(
        read.map(({ offset }) => offset),
        [0, 2],
      )
    }
    await bed.settle(run())
  })
})

test('the same seed gives the same run of a whole group, another seed another one', async () => {
  const run = async (seed: number): Promise<string> => {
    const bed = new SimulationBed({ seed, faultOptions: { refused: 0.05, answerLost: 0.05 } })
    bed.topic('in', 6)
    fill(bed, 'in', 20)
    for (const name of ['a', 'b', 'c']) {
      const member = new PollingMember(bed.port(name).groupConsumer(memberOptions()))
      void member.run('in')
    }
    await bed.pass(20_000)
    return `${bed.scheduler.executed} ${bed.scheduler.traceHash}`
  }
  const first = await run(5)
  assert.equal(await run(5), first)
  assert.notEqual(await run(6), first)
})
