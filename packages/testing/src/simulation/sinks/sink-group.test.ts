import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deferred } from '@millrace/core/internal'
import { MillraceError } from '@millrace/core'
import { unavailable } from './scripted-sink.testkit.ts'
import { numbers, SinkBed } from './sink-bed.testkit.ts'

describe('partitions that go to another process', () => {
  test('are given back when the write under way has ended, with its offset committed', async () => {
    const bed = new SinkBed()
    bed.topic('in', 2)
    const first = await bed.started()
    const release = deferred<undefined>()
    let isSlow = true
    bed.target.script.write = async () => {
      if (isSlow) await release.promise
    }
    for (const partition of [0, 1]) bed.give('in', numbers(0, 100), partition)
    await bed.until(() => bed.target.batches.length === 2)
    const second = bed.app()
    const started = second.app.start()
    await bed.pass(3000)
    assert.equal(bed.target.stored('in', 0)?.epoch, 1)
    assert.equal(bed.target.stored('in', 1)?.epoch, 1)

    isSlow = false
    release.resolve(undefined)
    await bed.settle(started)
    for (const partition of [0, 1]) bed.give('in', numbers(100, 200), partition)
    await bed.until(() => bed.target.all().length === 400)
    await bed.settle(Promise.all([first.app.close(), second.app.close()]))
    for (const partition of [0, 1]) {
      assert.deepEqual(bed.target.values('in', partition), numbers(0, 200))
    }
    assert.deepEqual(
      [bed.target.stored('in', 0)?.epoch, bed.target.stored('in', 1)?.epoch].sort(),
      [1, 2],
    )
    assert.equal(first.app.metrics().sinks['out']?.fenced, 0)
  })

  test('are given back while a write hangs, after a bound', async () => {
    const bed = new SinkBed()
    bed.topic('in', 2)
    const first = await bed.started({ app: { closeTimeout: '12 seconds' } })
    bed.target.script.write = (_batch, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(unavailable())
        })
      })
    for (const partition of [0, 1]) bed.give('in', numbers(0, 10), partition)
    await bed.until(() => bed.target.batches.length === 2)
    const second = bed.app()
    const started = second.app.start()
    await bed.pass(1000)
    bed.target.script = {}
    await bed.settle(started)
    await bed.settle(first.app.close())
    await bed.until(() => bed.target.all().length === 20)
    await bed.settle(second.app.close())
    for (const partition of [0, 1]) {
      assert.deepEqual(bed.target.values('in', partition), numbers(0, 10))
    }
  })

  test('are written on where the target is, when the process before was killed', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const first = await bed.started()
    bed.give('in', numbers(0, 50))
    await bed.until(() => bed.target.values('in').length === 50)
    first.process.kill()
    bed.give('in', numbers(50, 100))
    const second = await bed.started()
    await bed.until(() => bed.target.values('in').length >= 100)
    await bed.settle(second.app.close())
    assert.deepEqual(bed.target.values('in'), numbers(0, 100))
  })
})

describe('a process that stood still', () => {
  test('is fenced by the target, and goes on with what it is given', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const first = await bed.started()
    const [reached, release] = [deferred<undefined>(), deferred<undefined>()]
    bed.target.script.write = async () => {
      reached.resolve(undefined)
      await release.promise
    }
    bed.give('in', numbers(0, 50))
    await bed.settle(reached.promise)
    first.process.pause()
    bed.target.script = {}
    const second = await bed.started()
    await bed.until(() => bed.target.values('in').length === 50)
    release.resolve(undefined)
    first.process.resume()
    bed.give('in', numbers(50, 60))
    await bed.until(() => bed.target.values('in').length === 60)
    await bed.pass(10_000)
    await bed.settle(Promise.all([first.app.close(), second.app.close()]))
    assert.deepEqual(bed.target.values('in'), numbers(0, 60))
    assert.equal(bed.committed(), 60)
  })
})

test('a write of a partition that was lost is told so at once, and nothing of it is committed', async () => {
  const bed = new SinkBed()
  bed.topic('in')
  const first = await bed.started()
  let toldMs: number | undefined
  bed.target.script.write = (_batch, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        toldMs = bed.elapsedMs
        reject(unavailable())
      })
    })
  bed.give('in', numbers(0, 50))
  await bed.until(() => bed.target.batches.length === 1)
  first.process.pause()
  bed.target.script = {}
  const second = await bed.started()
  await bed.until(() => bed.target.values('in').length === 50)
  first.process.resume()
  const resumedMs = bed.elapsedMs
  await bed.until(() => toldMs !== undefined)
  assert.ok((toldMs ?? Infinity) - resumedMs < 1000)
  await bed.settle(Promise.all([first.app.close(), second.app.close()]))
  assert.deepEqual(bed.target.values('in'), numbers(0, 50))
  assert.equal(bed.committed(), 50)
})

describe('a partition that is claimed elsewhere', () => {
  test('is given up, and claimed again with a new consumer', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = await bed.started()
    bed.give('in', numbers(0, 10))
    await bed.until(() => bed.target.values('in').length === 10)
    bed.target.claimElsewhere('in', 0)
    bed.give('in', numbers(10, 20))
    await bed.until(() => bed.target.values('in').length === 20)
    assert.equal(app.metrics().sinks['out']?.fenced, 1)
    assert.equal(bed.target.stored('in', 0)?.epoch, 3)
    await bed.settle(app.close())
    assert.deepEqual(bed.target.values('in'), numbers(0, 20))
  })

  test('again and again ends the app', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = await bed.started()
    bed.target.script.write = ({ topic, partition }) => {
      bed.target.claimElsewhere(topic, partition)
      return Promise.resolve()
    }
    bed.give('in', numbers(0, 10))
    await bed.until(() => app.state === 'error')
    assert.equal(app.metrics().sinks['out']?.fenced, 6)
  })

  test('the error says what to do', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const { app } = bed.app()
    bed.target.script.write = ({ topic, partition }) => {
      bed.target.claimElsewhere(topic, partition)
      return Promise.resolve()
    }
    bed.give('in', numbers(0, 10))
    let failure: unknown
    app.run().catch((error: unknown) => {
      failure = error
    })
    await bed.until(() => failure !== undefined)
    assert.ok(MillraceError.is(failure, 'MR_SINK_FAILED'))
    assert.match(
      failure.message,
      /Sink app-out was fenced 6 times within 60 s: another application/,
    )
    assert.ok(MillraceError.is(failure.cause, 'MR_SINK_FENCED'))
  })
})
