import {
  type KafkaPort,
  MillraceError,
  type TransactionalProducer,
  wait,
} from '@millrace/core/internal'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CallFate, KafkaCall } from './kafka-faults.ts'
import {
  memberOptions,
  PollingMember,
  producerOf,
  readUntil,
  record,
  SimulationBed,
  values,
} from './simulation-bed.testkit.ts'

const AT = { topic: 'in', partition: 0 }

/** A member of the group that owns everything, and a producer. */
async function memberAndProducer(
  port: KafkaPort,
): Promise<{ readonly member: PollingMember; readonly producer: TransactionalProducer }> {
  const member = new PollingMember(port.groupConsumer(memberOptions()))
  await member.consumer.subscribe(['in'])
  while (member.owned.size === 0) await member.step()
  return { member, producer: await producerOf(port, 'id') }
}

function once(operation: string, fate: CallFate): (call: KafkaCall) => CallFate {
  let isOver = false
  return (call) => {
    if (isOver || call.operation !== operation) return 'ok'
    isOver = true
    return fate
  }
}

describe('markers of the simulated Kafka', () => {
  test('offsets can be stable before the marker is in the changelog, and the other way round', async () => {
    for (const [changelogMs, offsetsMs] of [
      [5000, 10],
      [10, 5000],
    ] as const) {
      const delays = [changelogMs, offsetsMs]
      const bed = new SimulationBed({ overrides: { markerDelayMs: () => delays.shift() ?? 1 } })
      bed.topic('in')
      bed.topic('changelog')
      const commit = async (): Promise<number | undefined> => {
        const { member, producer } = await memberAndProducer(bed.port())
        await producer.begin()
        producer.send(record('changelog', 'state'))
        await producer.flush()
        await producer.sendOffsets([{ ...AT, offset: 3, metadata: '' }], member.consumer)
        await producer.commit()
        return (await member.consumer.committed([AT]))[0]?.offset
      }
      assert.equal(await bed.settle(commit()), 3)
      const log = bed.kafka.topics.log({ topic: 'changelog', partition: 0 })
      const isStable = log?.lastStableOffset === log?.endOffset
      assert.equal(isStable, changelogMs < offsetsMs)
      assert.equal(bed.elapsedMs >= 5000, offsetsMs === 5000, `${bed.elapsedMs} ms`)
    }
  })

  test('the next transaction waits for the markers of the one before', async () => {
    const bed = new SimulationBed({ overrides: { markerDelayMs: () => 1000 } })
    bed.topic('out', 2)
    const run = async (): Promise<void> => {
      const producer = await producerOf(bed.port(), 'id')
      for (const value of ['first', 'second']) {
        await producer.begin()
        producer.send(record('out', value))
        await producer.commit()
      }
    }
    await bed.settle(run())
    assert.ok(bed.elapsedMs >= 1000 && bed.elapsedMs < 1200, `${bed.elapsedMs} ms`)
  })

  test('the marker of a partition whose broker is away comes when it is back', async () => {
    const bed = new SimulationBed()
    bed.topic('out')
    const run = async (): Promise<void> => {
      const producer = await producerOf(bed.port(), 'id')
      await producer.begin()
      producer.send(record('out', 'late'))
      await producer.flush()
      const committed = producer.commit()
      bed.kafka.network.takeDown(bed.kafka.network.leaderOf({ topic: 'out', partition: 0 }), 4000)
      await committed
      const read = await readUntil(bed.port('other').reader({ clientId: 'reader' }), 'out', 2)
      assert.deepEqual(values(read), ['late'])
    }
    await bed.settle(run())
    assert.ok(bed.elapsedMs >= 4000, `${bed.elapsedMs} ms`)
  })
})

describe('calls of the simulated Kafka that fail', () => {
  test('a commit whose answer was lost has taken effect, and succeeds when it is repeated', async () => {
    const bed = new SimulationBed({ overrides: { fateOf: once('producer.commit', 'answer-lost') } })
    bed.topic('out')
    const run = async (): Promise<void> => {
      const producer = await producerOf(bed.port(), 'id')
      await producer.begin()
      producer.send(record('out', 'kept'))
      await assert.rejects(producer.commit(), (error) =>
        MillraceError.is(error, 'MR_BROKER_UNAVAILABLE'),
      )
      await producer.commit()
      const read = await readUntil(bed.port('other').reader({ clientId: 'reader' }), 'out', 2)
      assert.deepEqual(values(read), ['kept'])
    }
    await bed.settle(run())
  })

  test('a commit that was refused has no effect until it is repeated', async () => {
    const bed = new SimulationBed({ overrides: { fateOf: once('producer.commit', 'refused') } })
    bed.topic('out')
    const run = async (): Promise<void> => {
      const producer = await producerOf(bed.port(), 'id')
      await producer.begin()
      producer.send(record('out', 'kept'))
      await assert.rejects(producer.commit(), (error) =>
        MillraceError.is(error, 'MR_BROKER_UNAVAILABLE'),
      )
      await wait(bed.scheduler, 100)
      const log = bed.kafka.topics.log({ topic: 'out', partition: 0 })
      assert.deepEqual(
        log?.everything().map(({ outcome }) => outcome),
        ['open'],
      )
      await producer.commit()
    }
    await bed.settle(run())
  })

  test('an abort after a lost abort is no error, nor one of a transaction that nothing reached', async () => {
    const bed = new SimulationBed({ overrides: { fateOf: once('producer.abort', 'answer-lost') } })
    bed.topic('out')
    const run = async (): Promise<void> => {
      const producer = await producerOf(bed.port(), 'id')
      await producer.begin()
      producer.send(record('out', 'gone'))
      await producer.flush()
      await assert.rejects(producer.abort())
      await producer.abort()
      await producer.begin()
      producer.send(record('out', 'kept'))
      await producer.commit()
      await producer.begin()
      producer.send(record('out', 'never sent'))
      await producer.abort()
    }
    await bed.settle(run())
    await bed.pass(100)
    const log = bed.kafka.topics.log({ topic: 'out', partition: 0 })
    assert.deepEqual(
      log?.everything().map(({ outcome }) => outcome),
      ['aborted', 'committed'],
    )
  })

  test('a call waits for a broker that is away, and rejects when that takes too long', async () => {
    const bed = new SimulationBed({ brokers: 1 })
    bed.topic('out')
    const run = async (): Promise<void> => {
      const port = bed.port()
      const admin = port.admin({ clientId: 'admin' })
      bed.kafka.network.takeDown(0, 5000)
      assert.deepEqual(await admin.listTopics(), ['out'])
      const producer = await producerOf(port, 'id')
      await producer.begin()
      producer.send(record('out', 'value'))
      await producer.flush()
      bed.kafka.network.takeDown(0, Infinity)
      await assert.rejects(producer.commit(), (error) =>
        MillraceError.is(error, 'MR_BROKER_UNAVAILABLE'),
      )
    }
    await bed.settle(run())
    assert.ok(bed.elapsedMs >= 15_000, `${bed.elapsedMs} ms`)
  })
})

describe('what a transaction of the simulated Kafka refuses', () => {
  test('offsets of the generation before, while the answer with the new one is on its way', async () => {
    const bed = new SimulationBed({
      overrides: { latencyMs: ({ operation }) => (operation === 'group.join' ? 500 : 1) },
    })
    bed.topic('in')
    const run = async (): Promise<void> => {
      const { member, producer } = await memberAndProducer(bed.port())
      await producer.begin()
      bed.kafka.forceRebalance('group')
      // The heartbeat tells it to join again; the join is there after 500 ms, its answer 500 ms later.
      await wait(bed.scheduler, 900)
      const offsets = [{ ...AT, offset: 1, metadata: '' }]
      await assert.rejects(producer.sendOffsets(offsets, member.consumer), (error) =>
        MillraceError.is(error, 'MR_STALE_GENERATION'),
      )
      await assert.rejects(producer.commit(), (error) =>
        MillraceError.is(error, 'MR_STALE_GENERATION'),
      )
      await producer.abort()
      await wait(bed.scheduler, 600)
      await producer.begin()
      await producer.sendOffsets(offsets, member.consumer)
      await producer.commit()
    }
    await bed.settle(run())
  })

  test('records that were on their way when it was aborted', async () => {
    const bed = new SimulationBed({
      overrides: { latencyMs: ({ operation }) => (operation === 'producer.produce' ? 100 : 1) },
    })
    bed.topic('out')
    const run = async (): Promise<void> => {
      const producer = await producerOf(bed.port(), 'id')
      await producer.begin()
      producer.send(record('out', 'on its way'))
      await wait(bed.scheduler, 20)
      await producer.abort()
      await producer.begin()
      producer.send(record('out', 'kept'))
      await producer.commit()
    }
    await bed.settle(run())
    await bed.pass(1000)
    const log = bed.kafka.topics.log({ topic: 'out', partition: 0 })
    assert.deepEqual(values(log?.everything().map((entry) => entry.record) ?? []), ['kept'])
  })
})

describe('processes of the simulated Kafka', () => {
  test('a process killed before its commit is sent has not committed, after that it has', async () => {
    for (const phase of ['request', 'response'] as const) {
      const bed = new SimulationBed()
      bed.topic('out')
      const run = async (): Promise<void> => {
        const producer = await producerOf(bed.port('victim'), 'id')
        await producer.begin()
        producer.send(record('out', 'value'))
        await producer.commit()
      }
      bed.scheduler.beforeDelivery((delivery) => {
        if (delivery.operation !== 'producer.commit' || delivery.phase !== phase) return
        delivery.process.kill()
      })
      void run()
      await bed.pass(60_000)
      const log = bed.kafka.topics.log({ topic: 'out', partition: 0 })
      const outcome = phase === 'request' ? 'aborted' : 'committed'
      assert.deepEqual(
        log?.everything().map((entry) => entry.outcome),
        [outcome],
      )
    }
  })

  test('a zombie that sends its commit late is fenced by then', async () => {
    const bed = new SimulationBed()
    bed.topic('out')
    const zombie = bed.process('zombie')
    bed.scheduler.beforeDelivery(({ process, operation, phase }) => {
      const isCommit = operation === 'producer.commit' && phase === 'request'
      if (process === zombie && isCommit && bed.elapsedMs < 1000) process.pause()
    })
    let outcome: unknown = 'open'
    const run = async (): Promise<void> => {
      const producer = await producerOf(bed.kafka.connect(zombie), 'id')
      await producer.begin()
      producer.send(record('out', 'zombie'))
      await producer.commit()
    }
    run().then(
      () => (outcome = 'committed'),
      (error: unknown) => (outcome = error),
    )
    await bed.pass(2000)
    await bed.settle(producerOf(bed.port('successor'), 'id'))
    zombie.resume()
    await bed.pass(2000)
    assert.ok(MillraceError.is(outcome, 'MR_PRODUCER_FENCED'), String(outcome))
    const log = bed.kafka.topics.log({ topic: 'out', partition: 0 })
    assert.deepEqual(
      log?.everything().map((entry) => entry.outcome),
      ['aborted'],
    )
  })
})
