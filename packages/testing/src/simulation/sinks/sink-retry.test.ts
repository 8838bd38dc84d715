import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { ScriptedTarget, unavailable } from './scripted-sink.testkit.ts'
import { numbers, SinkBed } from './sink-bed.testkit.ts'

/** Throws the given errors at the first calls, then nothing. */
function failing(...errors: readonly (Error | undefined)[]): () => Promise<void> {
  const left = [...errors]
  return () => {
    const error = left.shift()
    return error === undefined ? Promise.resolve() : Promise.reject(error)
  }
}

describe('a target that fails for a while', () => {
  test('gets the same batch again, and nothing else meanwhile', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.target.script.write = failing(unavailable(), unavailable())
    const { app, log } = await bed.started({
      sinks: [{ target: bed.target, options: { batch: { maxRecords: 5 } } }],
    })
    bed.give('in', numbers(0, 20))
    await bed.until(() => bed.target.values('in').length === 20)
    const { retries, batches, records } = app.metrics().sinks['out'] ?? {}
    await bed.settle(app.close())

    assert.deepEqual(
      bed.target.batches.map(({ from, to }) => [from, to]),
      [
        [0, 5],
        [0, 5],
        [0, 5],
        [5, 10],
        [10, 15],
        [15, 20],
      ],
    )
    assert.deepEqual({ retries, batches, records }, { retries: 2, batches: 4, records: 20 })
    const warnings = log.filter(({ level }) => level === 'warn').map(({ message }) => message)
    assert.deepEqual(warnings, [
      'sink app-out: writing in-0 offsets 0 to 4: the target does not answer; trying again in 75 ms',
    ])
  })

  test('has taken effect or not: nothing is there twice', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.target.script.write = failing(undefined, unavailable())
    bed.target.script.written = failing(unavailable(), undefined, unavailable())
    const { app } = await bed.started({
      sinks: [{ target: bed.target, options: { batch: { maxRecords: 5 } } }],
    })
    bed.give('in', numbers(0, 20))
    await bed.until(() => bed.target.values('in').length === 20)
    await bed.settle(app.close())
    assert.deepEqual(bed.target.values('in'), numbers(0, 20))
    assert.ok(bed.target.batches.length > 4)
  })

  test('is not asked before the time it has given', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', ['0'])
    bed.target.script.write = failing(unavailable({ retryAfterMs: 7000 }))
    const { app } = await bed.started()
    await bed.until(() => bed.target.batches.length === 1)
    await bed.pass(6900)
    assert.equal(bed.target.batches.length, 1)
    await bed.until(() => bed.target.values('in').length === 1)
    await bed.settle(app.close())
  })

  test('when it cannot be opened or claimed the app waits, and starts when it can', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', ['0'])
    bed.target.script.open = failing(unavailable(), unavailable())
    bed.target.script.claim = failing(unavailable(), unavailable())
    const { app } = await bed.started()
    await bed.until(() => bed.target.values('in').length === 1)
    await bed.settle(app.close())
    assert.equal(bed.target.opened, 1)
  })
})

test('a target that is away for long is told of once a minute', async () => {
  const bed = new SinkBed()
  bed.topic('in')
  let isDown = true
  bed.target.script.write = () => (isDown ? Promise.reject(unavailable()) : Promise.resolve())
  const { app, log } = await bed.started({
    sinks: [{ target: bed.target, options: { circuitBreaker: false } }],
  })
  bed.give('in', numbers(0, 3))
  await bed.pass(200_000)
  const warnings = log.filter(({ level }) => level === 'warn')
  assert.equal(warnings.length, 4) // At the beginning, and three times more.
  assert.match(
    warnings.at(-1)?.message ?? '',
    /^sink app-out: writing in-0 offsets 0 to 2: the target does not answer; trying again in \d+ ms$/,
  )
  isDown = false
  await bed.until(() => bed.target.values('in').length === 3)
  await bed.settle(app.close())
  assert.match(
    log.map(({ message }) => message).join('\n'),
    /offsets 0 to 2: succeeded after \d+ attempts/,
  )
})

describe('the circuit breaker', () => {
  test('stops asking a target that is down, and goes on after one success', async () => {
    const bed = new SinkBed()
    bed.topic('in', 4)
    const { app, log } = await bed.started({
      sinks: [
        { target: bed.target, options: { circuitBreaker: { failures: 6, openFor: '10 seconds' } } },
      ],
    })
    let isDown = true
    bed.target.script.write = () => (isDown ? Promise.reject(unavailable()) : Promise.resolve())
    for (const partition of [0, 1, 2, 3]) bed.give('in', numbers(0, 3), partition)
    await bed.until(() => app.metrics().sinks['out']?.circuit === 'open')
    const before = bed.target.batches.length
    await bed.pass(9000)
    assert.equal(bed.target.batches.length, before)
    await bed.pass(2000)
    assert.equal(bed.target.batches.length, before + 1)

    isDown = false
    await bed.until(() => bed.target.all().length === 12)
    assert.equal(app.metrics().sinks['out']?.circuit, 'closed')
    await bed.settle(app.close())
    const told = log.filter(({ message }) => message.includes('circuit'))
    assert.deepEqual(
      told.map(({ level }) => level),
      ['warn', 'debug', 'info'],
    )
  })
})

describe('what ends the app', () => {
  const failsWith = async (bed: SinkBed, target: ScriptedTarget): Promise<MillraceError> => {
    const other = new ScriptedTarget()
    const { app, states } = bed.app({
      sinks: [
        { target, options: { retry: { giveUpAfter: '20 seconds' } } },
        { name: 'other', target: other },
      ],
    })
    const run = app.run()
    let failure: unknown
    run.catch((error: unknown) => {
      failure = error
    })
    await bed.until(() => failure !== undefined)
    assert.ok(MillraceError.is(failure))
    assert.equal(states.at(-1), 'error')
    assert.deepEqual([target.closed, other.closed], [1, 1])
    assert.equal(other.closedWriters, 1)
    return failure
  }

  test('a batch that is tried for longer than allowed', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', ['0'])
    bed.target.script.write = () => Promise.reject(unavailable())
    const error = await failsWith(bed, bed.target)
    assert.equal(error.code, 'MR_TASK_TIMEOUT')
    assert.match(error.message, /^sink app-out: writing in-0 offsets 0 to 0: no success in 20 s$/)
    assert.ok(MillraceError.is(error.cause, 'MR_SINK_UNAVAILABLE'))
  })

  test('an error that no wait can mend', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', ['0'])
    const missing = new MillraceError('MR_SINK_FAILED', 'table rows does not exist')
    bed.target.script.write = failing(missing)
    const { code, message, at } = await failsWith(bed, bed.target)
    assert.deepEqual([code, message], [missing.code, missing.message])
    assert.deepEqual(at, {
      sink: 'app-out',
      topic: 'in',
      partition: 0,
      firstOffset: 0,
      lastOffset: 0,
    })
  })

  test('a fault in the code of the sink, with its place', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    bed.give('in', ['0'])
    const fault = new TypeError('undefined is not a function')
    bed.target.script.write = failing(fault)
    const error = await failsWith(bed, bed.target)
    assert.equal(error.code, 'MR_SINK_FAILED')
    assert.equal(error.cause, fault)
    assert.deepEqual(error.at, {
      sink: 'app-out',
      topic: 'in',
      partition: 0,
      firstOffset: 0,
      lastOffset: 0,
    })
    assert.equal(bed.target.batches.length, 1)
  })

  test('a claim that is refused for good', async () => {
    const bed = new SinkBed()
    bed.topic('in')
    const refused = new MillraceError('MR_SINK_FAILED', 'no right to write')
    bed.target.script.claim = failing(refused)
    const error = await failsWith(bed, bed.target)
    assert.deepEqual([error.code, error.message], [refused.code, refused.message])
    assert.deepEqual(error.at, { sink: 'app-out', topic: 'in', partition: 0 })
  })
})
