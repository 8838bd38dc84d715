import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '@millrace/core/internal'
import { ScriptedTarget } from './scripted-sink.testkit.ts'
import { numbers, SinkBed } from './sink-bed.testkit.ts'

/** As many as fill a buffer of 30,000 bytes several times: each counts 100 bytes beside its payload. */
const MANY = 2000

test('a slow partition is paused, and the others of the sink go on', async () => {
  const bed = new SinkBed()
  bed.topic('in', 2)
  const release = deferred<undefined>()
  bed.target.script.write = async ({ partition }) => {
    if (partition === 0) await release.promise
  }
  bed.give('in', numbers(0, MANY), 0)
  const { app } = await bed.started({
    sinks: [
      {
        target: bed.target,
        options: { bufferMaxBytes: 30_000, batch: { maxRecords: 50, linger: 1 } },
      },
    ],
  })
  for (let round = 0; round < 10; round++) {
    bed.give('in', numbers(round * 100, round * 100 + 100), 1)
    await bed.until(() => bed.target.values('in', 1).length === round * 100 + 100)
  }
  assert.deepEqual(bed.target.values('in', 0), [])

  release.resolve(undefined)
  await bed.until(() => bed.target.values('in', 0).length === MANY)
  await bed.settle(app.close())
  assert.deepEqual(bed.target.values('in', 0), numbers(0, MANY))
  assert.deepEqual(bed.target.values('in', 1), numbers(0, 1000))
})

test('a slow target does not stop other sinks of the app', async () => {
  const bed = new SinkBed()
  bed.topic('in')
  bed.give('in', numbers(0, MANY))
  const [slow, fast] = [new ScriptedTarget(), new ScriptedTarget()]
  const release = deferred<undefined>()
  slow.script.write = () => release.promise.then(() => undefined)
  const options = { bufferMaxBytes: 30_000, batch: { maxRecords: 50 } }
  const { app } = await bed.started({
    sinks: [
      { name: 'slow', target: slow, options },
      { name: 'fast', target: fast, options },
    ],
  })
  await bed.until(() => fast.values('in').length === MANY)
  assert.deepEqual(slow.values('in'), [])
  release.resolve(undefined)
  await bed.until(() => slow.values('in').length === MANY)
  await bed.settle(app.close())
  assert.deepEqual(slow.values('in'), numbers(0, MANY))
})

test('a target that stands still for longer than the poll interval costs the partition nothing', async () => {
  const bed = new SinkBed()
  bed.topic('in')
  bed.give('in', numbers(0, 10))
  const release = deferred<undefined>()
  bed.target.script.write = () => release.promise.then(() => undefined)
  const { app, log } = await bed.started({ app: { maxPollInterval: '10 seconds' } })
  await bed.pass(60_000)
  release.resolve(undefined)
  await bed.until(() => bed.target.values('in').length === 10)
  await bed.settle(app.close())
  assert.equal(bed.target.stored('in', 0)?.epoch, 1)
  assert.ok(!log.some(({ message }) => message.includes('revoked')))
})

test('aligned batches of more bytes than the buffer are completed all the same', async () => {
  const bed = new SinkBed()
  bed.topic('in', 2)
  const capabilities = { tier: 'at-least-once', alignedBatches: true } as const
  const { app } = await bed.started({
    sinks: [
      {
        target: bed.target,
        capabilities,
        options: { bufferMaxBytes: 1000, batch: { maxRecords: 100 } },
      },
    ],
  })
  bed.give('in', numbers(0, 450), 0)
  bed.give('in', numbers(0, 99), 1)
  await bed.until(() => bed.target.values('in', 0).length === 400)
  bed.give('in', ['99'], 1)
  await bed.until(() => bed.target.values('in', 1).length === 100)
  await bed.settle(app.close())
  assert.deepEqual(bed.target.values('in', 0), numbers(0, 400))
  assert.deepEqual([bed.committed('out', 'in', 0), bed.committed('out', 'in', 1)], [400, 100])
})
