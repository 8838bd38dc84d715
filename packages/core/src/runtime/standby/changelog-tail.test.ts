import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { deferred } from '../../base/deferred.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import { silentLogger } from '../../observe/logger.ts'
import { inMemory } from '../../state/memory-state-backend.ts'
import { changelogBounds } from './changelog-bounds.ts'
import { ChangelogTail } from './changelog-tail.ts'
import { TestLogs, type TestReader } from './logs.testkit.ts'
import { ManualScheduler } from './manual-scheduler.testkit.ts'
import { contents, countsPlan } from './standby-plans.testkit.ts'
import { StandbyTask } from './standby-task.ts'

/** A tail, and standby tasks that it follows. */
class Bed {
  readonly logs = new TestLogs()
  readonly scheduler = new ManualScheduler()
  readonly reader: TestReader = this.logs.reader()
  readonly errors: string[] = []
  readonly tail: ChangelogTail
  applied = 0

  constructor(context: TestContext) {
    this.tail = new ChangelogTail({
      reader: this.reader,
      scheduler: this.scheduler,
      logger: silentLogger,
      mayWork: () => true,
      onApplied: (records) => (this.applied += records),
      onTaskError: ({ taskId }, { code }) => this.errors.push(`${taskId} ${code}`),
      onReadError: ({ code }) => this.errors.push(code),
    })
    context.after(async () => {
      const closed = this.tail.close()
      await this.scheduler.advance(1000)
      await closed
      assert.equal(this.reader.isClosed, true)
    })
  }

  async open(taskId: string, isSource = false): Promise<StandbyTask> {
    const plan = countsPlan(taskId, isSource)
    const state = await inMemory().open({ ...plan, directory: '' })
    return new StandbyTask({ plan, state, logger: silentLogger, onUpdate: () => undefined })
  }

  async follow(standby: StandbyTask): Promise<void> {
    const boundsOf = await changelogBounds(this.logs.boundsParts(), standby.partitions)
    this.tail.add(standby, (await standby.begin(boundsOf)) ?? assert.fail())
  }
}

test('each task is given the records of its own changelogs', async (t) => {
  const bed = new Bed(t)
  const standbys = [await bed.open('0_0'), await bed.open('0_1')]
  for (const standby of standbys) {
    for (let i = 0; i < 1200; i++)
      bed.logs.log(standby.taskId).append(`${standby.taskId}/${i}`, 'x')
    await bed.follow(standby)
  }
  await bed.scheduler.advance(1000)
  for (const { state, taskId } of standbys) {
    const keys = Object.keys(contents(state))
    assert.equal(keys.length, 1200)
    assert.ok(keys.every((key) => key.startsWith(`${taskId}/`)))
  }
  assert.equal(bed.applied, 2400)
})

test('a task that was removed is read no more', async (t) => {
  const bed = new Bed(t)
  const standby = await bed.open('0_0')
  await bed.follow(standby)
  await bed.scheduler.advance(200)
  bed.tail.remove(standby)
  bed.logs.log('0_0').append('k', '1')
  await bed.scheduler.advance(1000)
  assert.deepEqual(bed.reader.reads, [])
  assert.deepEqual(contents(standby.state), {})
})

test('when a task is followed anew from the start, a poll from before leaves no gap', async (t) => {
  const bed = new Bed(t)
  const log = bed.logs.log('0_0')
  for (const key of ['a', 'b']) log.append(key, '1')
  const before = await bed.open('0_0')
  await bed.follow(before)
  await bed.scheduler.advance(200)

  const held = deferred<undefined>()
  bed.reader.hold = held.promise
  log.append('c', '1')
  await bed.scheduler.advance(200)
  bed.tail.remove(before)
  await before.stop('migrated')
  const again = await bed.open('0_0')
  await bed.follow(again)
  await bed.scheduler.advance(200)
  held.resolve(undefined)
  await bed.scheduler.advance(1000)
  assert.deepEqual(contents(again.state), { a: '1', b: '1', c: '1' })
})

test('when a changelog is made anew, a poll of the old one counts for nothing', async (t) => {
  const bed = new Bed(t)
  const log = bed.logs.log('0_0')
  for (const key of ['a', 'b']) log.append(key, '1')
  const standby = await bed.open('0_0')
  await bed.follow(standby)
  await bed.scheduler.advance(200)

  const held = deferred<undefined>()
  bed.reader.hold = held.promise
  log.append('c', '1')
  await bed.scheduler.advance(200)
  log.entries.length = 0
  log.topicId = 'second'
  for (const key of ['x', 'y', 'z']) log.append(key, '1')
  standby.suspend()
  bed.tail.remove(standby)
  await bed.follow(standby)
  held.resolve(undefined)
  await bed.scheduler.advance(1000)
  assert.deepEqual(contents(standby.state), { x: '1', y: '1', z: '1' })
})

test('a task whose state refuses its records is let go, and the others go on', async (t) => {
  const bed = new Bed(t)
  const standbys = [await bed.open('0_0'), await bed.open('0_1')]
  for (const standby of standbys) await bed.follow(standby)
  Object.assign(standbys[0]?.state ?? {}, {
    apply: () => Promise.reject(new MillraceError('MR_STATE_IO', 'read-only')),
  })
  for (const value of ['1', '2']) {
    for (const { taskId } of standbys) bed.logs.log(taskId).append('k', value)
    await bed.scheduler.advance(1000)
  }
  assert.deepEqual(bed.errors, ['0_0 MR_STATE_IO'])
  assert.deepEqual(contents(standbys[1]?.state ?? assert.fail()), { k: '2' })
})

test('a broker that is away is waited for; any other error of reading is told', async (t) => {
  const bed = new Bed(t)
  const standby = await bed.open('0_0')
  await bed.follow(standby)
  bed.logs.error = new MillraceError('MR_BROKER_UNAVAILABLE', 'no answer')
  await bed.scheduler.advance(5000)
  assert.deepEqual(bed.errors, [])
  bed.logs.error = new MillraceError('MR_OFFSET_OUT_OF_RANGE', 'cut off')
  await bed.scheduler.advance(1200)
  assert.equal(bed.errors[0], 'MR_OFFSET_OUT_OF_RANGE')
  bed.logs.error = undefined
  bed.logs.log('0_0').append('k', '1')
  await bed.scheduler.advance(1000)
  assert.deepEqual(contents(standby.state), { k: '1' })
})

test('the topic of a source is left alone from its committed offset on, until more is committed', async (t) => {
  const bed = new Bed(t)
  const log = bed.logs.log('0_0')
  for (const key of ['a', 'b', 'c']) log.append(key, '1')
  bed.logs.committed.set('0_0', 2)
  const standby = await bed.open('0_0', true)
  await bed.follow(standby)
  await bed.scheduler.advance(1000)
  assert.deepEqual(Object.keys(contents(standby.state)), ['a', 'b'])
  assert.deepEqual(bed.reader.reads, [])

  standby.noteBounds(() => ({ first: 0, end: 3, topicId: 'first', isSource: true }))
  bed.tail.add(standby, standby.takeResumed())
  await bed.scheduler.advance(1000)
  assert.deepEqual(Object.keys(contents(standby.state)), ['a', 'b', 'c'])
})
