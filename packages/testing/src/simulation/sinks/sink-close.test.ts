import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deferred } from '@millrace/core/internal'
import { unavailable } from './scripted-sink.testkit.ts'
import { numbers, SinkBed } from './sink-bed.testkit.ts'

describe('an app that closes', () => {
  test('waits for the write under way, and commits its offset', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = await bed.started({
      sinks: [{ target: bed.target, options: { batch: { maxRecords: 5 } } }],
    })
    const release = deferred<undefined>()
    bed.target.script.write = () => release.promise.then(() => undefined)
    bed.give('in', numbers(0, 20))
    await bed.until(() => bed.target.batches.length === 1)
    const closing = app.close()
    await bed.pass(2000)
    assert.equal(app.state, 'closing')
    release.resolve(undefined)
    await bed.settle(closing)
    assert.deepEqual(bed.target.values('in'), numbers(0, 5))
    assert.equal(bed.committed(), 5)
    assert.deepEqual([bed.target.batches.length, bed.target.closedWriters], [1, 1])
  })

  test('closes in time while its target hangs, does not open, or does not close', async () => {
    const never = (): Promise<void> => new Promise(() => undefined)
    for (const script of [{ write: never }, { claim: never }, { open: never }, { close: never }]) {
      const bed = new SinkBed()
      bed.topic('in')
      bed.target.script = script
      const { app } = bed.app({ app: { closeTimeout: '10 seconds' } })
      app.start().catch(() => undefined)
      bed.give('in', numbers(0, 20))
      await bed.pass(3000)
      const beganMs = bed.elapsedMs
      await bed.settle(app.close())
      assert.ok(bed.elapsedMs - beganMs < 10_000, JSON.stringify(Object.keys(script)))
      assert.equal(app.state, 'closed')
    }
  })

  test('closes at once while its target is down', async () => {
    for (const step of ['write', 'claim', 'open'] as const) {
      const bed = new SinkBed()
      bed.topic('in')
      bed.target.script[step] = () => Promise.reject(unavailable())
      const { app } = bed.app()
      app.start().catch(() => undefined)
      bed.give('in', numbers(0, 20))
      await bed.pass(5000)
      const beganMs = bed.elapsedMs
      await bed.settle(app.close())
      assert.ok(bed.elapsedMs - beganMs < 1000, `${step}: ${bed.elapsedMs - beganMs} ms`)
    }
  })

  test('closes in time while no broker answers', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = await bed.started({ app: { closeTimeout: '10 seconds' } })
    bed.give('in', numbers(0, 20))
    await bed.until(() => bed.target.values('in').length === 20)
    for (const broker of [0, 1, 2]) bed.kafka.network.takeDown(broker, 600_000)
    const beganMs = bed.elapsedMs
    await bed.settle(app.close())
    assert.ok(bed.elapsedMs - beganMs < 10_000)
  })
})
