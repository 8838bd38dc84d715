import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../base/deferred.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import { silentLogger } from '../observe/logger.ts'
import { serdePending } from '../serde/serde-pending.ts'
import { TaskWait } from './task-wait.ts'

const down = new MillraceError('MR_SCHEMA_UNAVAILABLE', 'the registry is down')

class Bed {
  nowMs = 1000
  asked = 0
  readonly wait: TaskWait = new TaskWait({
    taskId: '0_1',
    clock: { nowMs: () => this.nowMs },
    logger: silentLogger,
    random: () => 1, // the whole of each wait
    timeoutMs: 10_000,
  })
  /** What asking ends with from now on; undefined: well. */
  error: MillraceError | undefined
  readonly ask = (): Promise<void> => {
    this.asked++
    return this.error === undefined ? Promise.resolve() : Promise.reject(this.error)
  }

  async fail(error: MillraceError): Promise<void> {
    this.error = error
    this.wait.begin(this.ask)
    await turn()
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms
    this.wait.goOn()
    await turn()
  }
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

test('a task waits for all that is under way', async () => {
  const { wait } = new Bed()
  const first = deferred<undefined>()
  const second = deferred<undefined>()
  assert.ok(wait.beginFor(serdePending('a', () => first.promise)))
  assert.ok(wait.beginFor(serdePending('b', () => second.promise)))

  first.resolve(undefined)
  await turn()
  assert.equal(wait.isWaiting, true)
  second.resolve(undefined)
  await turn()
  assert.equal(wait.isWaiting, false)
})

test('an error that waits for nothing begins no wait, nor does what is there', () => {
  const { wait } = new Bed()
  assert.equal(wait.beginFor(new Error('boom')), false)
  wait.begin(() => undefined)
  assert.equal(wait.isWaiting, false)
})

test('what failed and can be tried again is asked for again, after waits that double', async () => {
  const bed = new Bed()
  await bed.fail(down)
  for (const waitMs of [100, 200, 400]) {
    const { asked } = bed
    await bed.pass(waitMs - 1)
    assert.equal(bed.asked, asked)
    await bed.pass(1)
    assert.equal(bed.asked, asked + 1)
    assert.equal(bed.wait.isWaiting, true)
    bed.wait.check()
  }
  bed.error = undefined
  await bed.pass(800)
  assert.equal(bed.wait.isWaiting, false)
})

test('a wait that has lasted for the time-out fails the task with its last error as the cause', async () => {
  const bed = new Bed()
  await bed.fail(down)
  await bed.pass(10_000)

  assert.equal(bed.wait.isWaiting, false)
  assert.throws(
    () => {
      bed.wait.check()
    },
    (error: unknown) => MillraceError.is(error, 'MR_TASK_TIMEOUT') && error.cause === down,
  )
})

test('what neither comes nor fails ends the task with the time-out, and one that comes late changes nothing', async () => {
  const bed = new Bed()
  const late = deferred<undefined>()
  bed.wait.begin(() => late.promise)
  await bed.pass(9999)
  assert.equal(bed.wait.isWaiting, true)
  await bed.pass(1)

  assert.equal(bed.wait.isWaiting, false)
  assert.equal(bed.wait.hasFailed, true)
  late.resolve(undefined)
  await turn()
  assert.throws(
    () => {
      bed.wait.check()
    },
    {
      code: 'MR_TASK_TIMEOUT',
      message: /^Task 0_1 has waited 10 s for .* neither come nor failed$/,
    },
  )
})

test('what failed until the time-out keeps its error while it is asked for once more', async () => {
  const bed = new Bed()
  await bed.fail(down)
  const last = deferred<undefined>()
  bed.wait.begin(() => last.promise)
  await bed.pass(9999)
  bed.nowMs += 1
  last.reject(down)
  await turn()
  assert.throws(
    () => {
      bed.wait.check()
    },
    (error: unknown) => MillraceError.is(error, 'MR_TASK_TIMEOUT') && error.cause === down,
  )
})

test('success begins the time-out anew', async () => {
  const bed = new Bed()
  await bed.fail(down)
  bed.error = undefined
  await bed.pass(100)
  bed.nowMs += 10_000
  await bed.fail(down)
  bed.wait.check()
  assert.equal(bed.wait.isWaiting, true)
})

test('an error that no try would mend is thrown at the next turn', async () => {
  const bed = new Bed()
  const refused = new MillraceError('MR_SCHEMA_ACCESS', 'refused')
  await bed.fail(refused)

  assert.equal(bed.wait.hasFailed, true)
  assert.throws(() => {
    bed.wait.check()
  }, refused)
})
