import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError, type SinkCapabilities } from '@millrace/core'
import { producerOf, record } from '../kafka/simulation-bed.testkit.ts'
import { numbers, type RunningSinkApp, SinkBed } from './sink-bed.testkit.ts'

const IDEMPOTENT: SinkCapabilities = { tier: 'idempotent' }

async function failureOf({ app }: RunningSinkApp, bed: SinkBed): Promise<MillraceError> {
  let failure: unknown
  app.run().catch((error: unknown) => {
    failure = error
  })
  await bed.until(() => failure !== undefined)
  assert.ok(MillraceError.is(failure))
  return failure
}

/** Runs an app until the target has `count` rows, and closes it. */
async function runUntil(
  bed: SinkBed,
  count: number,
  capabilities?: SinkCapabilities,
): Promise<void> {
  const plan = capabilities === undefined ? {} : { capabilities }
  const { app } = await bed.started({ sinks: [{ target: bed.target, ...plan }] })
  await bed.until(() => bed.target.all().length >= count)
  await bed.settle(app.close())
}

describe('where a partition goes on', () => {
  test('is what the target says, whatever the group has committed', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 20))
    await runUntil(bed, 20)
    const stored = bed.target.stored('in', 0)
    assert.ok(stored)
    stored.position = 10
    stored.rows.splice(10)
    await runUntil(bed, 20)
    assert.deepEqual(bed.target.values('in'), numbers(0, 20))
  })

  test('is what the group has committed, when the target holds no position', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 20))
    await runUntil(bed, 20, IDEMPOTENT)
    bed.give('in', numbers(20, 30))
    await runUntil(bed, 30, IDEMPOTENT)
    assert.deepEqual(bed.target.values('in'), numbers(0, 30))
    assert.deepEqual(
      bed.target.batches.map(({ from, to }) => [from, to]),
      [
        [0, 20],
        [20, 30],
      ],
    )
  })

  test('is what the reset policy says, when there is neither, and that is remembered', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 20))
    const { app } = await bed.started({
      app: { autoOffsetReset: 'latest' },
      sinks: [{ target: bed.target, capabilities: IDEMPOTENT }],
    })
    await bed.until(() => bed.committed() === 20)
    await bed.settle(app.close())
    bed.give('in', numbers(20, 25))
    const again = await bed.started({
      app: { autoOffsetReset: 'latest' },
      sinks: [{ target: bed.target, capabilities: IDEMPOTENT }],
    })
    await bed.until(() => bed.target.all().length === 5)
    await bed.settle(again.app.close())
    assert.deepEqual(bed.target.values('in'), numbers(20, 25))
  })
})

describe('aborted records and commit markers', () => {
  test('are in no batch, and the position goes over them', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = await bed.started({ sinks: [{ target: bed.target }] })
    const producer = await bed.settle(producerOf(bed.port(), 'writer'))
    const transaction = async (end: 'commit' | 'abort', ...values: string[]): Promise<void> => {
      await producer.begin()
      for (const value of values) producer.send(record('in', value))
      await producer.flush()
      await (end === 'commit' ? producer.commit() : producer.abort())
    }
    // Offsets: a b at 0 and 1, a marker; c at 3, which is aborted, a marker; d at 5, a marker.
    await bed.settle(transaction('commit', 'a', 'b'))
    await bed.until(() => bed.committed() === 3)
    await bed.settle(transaction('abort', 'c'))
    await bed.until(() => bed.committed() === 5)
    await bed.settle(transaction('commit', 'd'))
    await bed.until(() => bed.committed() === 7)
    await bed.settle(app.close())

    assert.deepEqual(bed.target.values('in'), ['a', 'b', 'd'])
    const [first, second] = bed.target.batches
    assert.deepEqual([first?.from, first?.firstOffset, first?.lastOffset], [0, 0, 1])
    assert.deepEqual([second?.from, second?.firstOffset], [first?.to, 5])
  })

  test('complete an aligned batch', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = await bed.started({
      sinks: [
        {
          target: bed.target,
          capabilities: { tier: 'at-least-once', alignedBatches: true },
          options: { batch: { maxRecords: 4 } },
        },
      ],
    })
    const producer = await bed.settle(producerOf(bed.port(), 'writer'))
    const write = async (): Promise<void> => {
      await producer.begin()
      for (const value of ['a', 'b', 'c']) producer.send(record('in', value))
      await producer.commit()
    }
    await bed.settle(write())
    await bed.until(() => bed.committed() === 4)
    await bed.settle(app.close())
    assert.deepEqual(
      bed.target.batches.map(({ from, to, firstOffset, lastOffset }) => [
        from,
        to,
        firstOffset,
        lastOffset,
      ]),
      [[0, 4, 0, 2]],
    )
  })
})

describe('a position that the log does not hold', () => {
  test('before its beginning ends the app: records are missing', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 20))
    await runUntil(bed, 20)
    bed.give('in', numbers(20, 40))
    const admin = bed.port().admin({ clientId: 'admin' })
    await bed.settle(admin.deleteRecords([{ topic: 'in', partition: 0, offset: 30 }]))
    const error = await failureOf(bed.app(), bed)
    assert.equal(error.code, 'MR_SINK_POSITION')
    assert.equal(
      error.message,
      'Sink app-out goes on at offset 20 of in-0, and the log begins at 30: records that the target has not got are gone',
    )
    const { position, start, end } = error.at
    assert.deepEqual([position, start, end], [20, 30, 40])
    assert.deepEqual(bed.target.values('in'), numbers(0, 20))
  })

  test('before its beginning is no harm, when nothing of what is gone was for the target', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 10))
    await runUntil(bed, 10)
    const deserializationExceptionHandler = 'continue'
    const app = { deserializationExceptionHandler } as const
    const refusing = await bed.started({ app, sinks: [{ target: bed.target, decodes: false }] })
    bed.give('in', numbers(10, 20))
    await bed.until(() => bed.committed() === 20)
    await bed.settle(refusing.app.close())
    assert.equal(bed.target.stored('in', 0)?.position, 10)

    bed.give('in', numbers(20, 25))
    const admin = bed.port().admin({ clientId: 'admin' })
    await bed.settle(admin.deleteRecords([{ topic: 'in', partition: 0, offset: 20 }]))
    const again = await bed.started()
    await bed.until(() => bed.target.values('in').length === 15)
    await bed.settle(again.app.close())
    const last = bed.target.batches.at(-1)
    assert.deepEqual([last?.from, last?.to, last?.firstOffset], [10, 25, 20])
  })

  test('before its beginning is harm, when the target had more than it has now', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 20))
    await runUntil(bed, 20)
    const stored = bed.target.stored('in', 0)
    assert.ok(stored)
    // As after a database that was restored from a backup.
    stored.position = 10
    bed.give('in', numbers(20, 25))
    const admin = bed.port().admin({ clientId: 'admin' })
    await bed.settle(admin.deleteRecords([{ topic: 'in', partition: 0, offset: 20 }]))
    const error = await failureOf(bed.app(), bed)
    assert.equal(error.code, 'MR_SINK_POSITION')
  })

  test('behind its end ends the app: the topic is another one', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 20))
    await runUntil(bed, 20)
    const stored = bed.target.stored('in', 0)
    assert.ok(stored)
    stored.position = 30
    const error = await failureOf(bed.app(), bed)
    assert.equal(error.code, 'MR_SINK_POSITION')
    assert.match(error.message, /it seems to have been made anew/)
  })

  test('may be in a topic made anew that has as many records: that is said', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 20))
    await runUntil(bed, 20)
    const admin = bed.port().admin({ clientId: 'admin' })
    await bed.settle(admin.deleteTopics(['in']))
    bed.topic('in')
    bed.give('in', numbers(100, 150))
    const { app, log } = await bed.started()
    await bed.until(() => bed.target.values('in').length === 50)
    await bed.settle(app.close())
    assert.deepEqual(bed.target.values('in'), [...numbers(0, 20), ...numbers(120, 150)])
    const told = log.filter(({ message }) => message.includes('If the topic was made anew'))
    assert.deepEqual(
      told.map(({ level }) => level),
      ['warn'],
    )
  })

  test('of a topic made anew is of no account to a target without positions', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', numbers(0, 20))
    await runUntil(bed, 20, IDEMPOTENT)
    const admin = bed.port().admin({ clientId: 'admin' })
    await bed.settle(admin.deleteTopics(['in']))
    bed.topic('in')
    bed.give('in', numbers(100, 150))
    await runUntil(bed, 70, IDEMPOTENT)
    assert.deepEqual(bed.target.values('in'), [...numbers(0, 20), ...numbers(100, 150)])
  })
})
