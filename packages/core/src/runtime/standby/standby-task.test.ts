import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { test } from 'node:test'
import type { ConsumedRecord } from '../../kafka/consumed-record.ts'
import { silentLogger } from '../../observe/logger.ts'
import { inMemory } from '../../state/memory-state-backend.ts'
import type { TaskState } from '../../state/state-backend.ts'
import { changelogBounds } from './changelog-bounds.ts'
import { type TestLog, TestLogs } from './logs.testkit.ts'
import { contents, countsPlan } from './standby-plans.testkit.ts'
import { StandbyTask } from './standby-task.ts'
import type { StandbyProgress } from './standby-update.ts'

interface Bed {
  readonly logs: TestLogs
  readonly log: TestLog
  readonly state: TaskState
  readonly updates: StandbyProgress[]
  readonly standby: StandbyTask
  readonly begin: () => ReturnType<StandbyTask['begin']>
}

async function openBed(
  wrap: (state: TaskState) => TaskState = (state) => state,
  { isSource = false } = {},
): Promise<Bed> {
  const logs = new TestLogs()
  const plan = countsPlan('0_0', isSource)
  const state = wrap(await inMemory().open({ ...plan, directory: '' }))
  const updates: StandbyProgress[] = []
  const standby = new StandbyTask({
    plan,
    state,
    logger: silentLogger,
    onUpdate: (one) => updates.push(one),
  })
  const begin = async (): ReturnType<StandbyTask['begin']> => {
    return standby.begin(await changelogBounds(logs.boundsParts(), standby.partitions))
  }
  return { logs, log: logs.log('0_0'), state, updates, standby, begin }
}

function records(log: TestLog, from = 0): ConsumedRecord[] {
  return log.entries.slice(from).filter((entry) => entry !== undefined)
}

test('a standby of an empty state begins at the start of the log', async () => {
  const { log, state, standby, begin } = await openBed()
  log.append('a', '1')
  assert.deepEqual(await begin(), [{ topic: '0_0', partition: 0, offset: 0 }])
  assert.deepEqual(state.position('counts'), { offset: 0, topicId: 'first' })
  assert.equal(standby.lag, 1)
})

test('a standby of a state from before begins where that is', async () => {
  const { log, state, begin } = await openBed()
  for (const value of ['1', '2', '3']) log.append('a', value)
  await state.apply([], new Map([['counts', { offset: 2, topicId: 'first' }]]))
  assert.deepEqual(await begin(), [{ topic: '0_0', partition: 0, offset: 2 }])
})

for (const [why, change] of [
  ['was cut off before its position', (log: TestLog): number => (log.start = 3)],
  ['was made anew', (log: TestLog): string => (log.topicId = 'second')],
] as const) {
  test(`a standby whose changelog ${why} is emptied and built anew`, async () => {
    const { log, state, standby, begin } = await openBed()
    for (const key of ['a', 'b']) log.append(key, '1')
    await begin()
    await standby.apply('0_0', records(log))
    for (const key of ['c', 'd']) log.append(key, '1')
    change(log)
    await begin()
    assert.deepEqual(contents(state), {})
    await standby.apply('0_0', records(log, log.start))
    assert.deepEqual(Object.keys(contents(state)), log.start === 0 ? ['a', 'b', 'c', 'd'] : ['d'])
  })
}

test('records are applied with their position, and those that came before are left out', async () => {
  const { log, state, standby, begin } = await openBed()
  for (const value of ['1', '2']) log.append('a', value)
  await begin()
  await standby.apply('0_0', records(log))
  assert.deepEqual(contents(state), { a: '2' })
  assert.deepEqual(state.position('counts'), { offset: 2, topicId: 'first' })
  log.append('a', null)
  await standby.apply('0_0', records(log))
  assert.deepEqual(contents(state), {})
  await standby.apply('0_0', records(log).slice(0, 2))
  assert.deepEqual(contents(state), {}, 'older records do not come back')
})

test('a standby is warm when it is ten thousand records behind, and stays so', async () => {
  const { log, standby, begin } = await openBed()
  for (let i = 0; i < 10_001; i++) log.append('a', String(i))
  await begin()
  assert.equal(standby.status.state, 'filling')
  await standby.apply('0_0', records(log).slice(0, 1))
  assert.deepEqual(standby.status, { state: 'warm', offsets: { counts: 1 } })
  for (let i = 0; i < 50_000; i++) log.append('a', String(i))
  standby.noteBounds(() => ({ first: 0, end: log.end, topicId: 'first' }))
  assert.equal(standby.lag, 60_000)
  assert.equal(standby.status.state, 'warm')
})

test('the end that a reader reaches is beyond commit markers, and is noted when the standby stops', async () => {
  const { log, state, standby, begin } = await openBed()
  log.append('a', '1')
  log.commitMarker()
  await begin()
  await standby.apply('0_0', records(log))
  standby.reachedEnd('0_0', 2)
  assert.equal(standby.lag, 0)
  assert.deepEqual(state.position('counts'), { offset: 1, topicId: 'first' })
  await standby.stop('promoted')
  assert.deepEqual(state.position('counts'), { offset: 2, topicId: 'first' })
})

test('stopping waits for what is being applied, and nothing is applied afterwards', async () => {
  let finish: () => void = () => undefined
  const slow = (state: TaskState): TaskState => ({
    entries: (store) => state.entries(store),
    position: (store) => state.position(store),
    clear: (store) => state.clear(store),
    close: () => state.close(),
    apply: async (batches, positions) => {
      if (batches.length > 0) await new Promise<void>((resolve) => (finish = resolve))
      return state.apply(batches, positions)
    },
  })
  const { log, state, standby, begin } = await openBed(slow)
  log.append('a', '1')
  await begin()
  const applied = standby.apply('0_0', records(log))
  await nextTurn()
  let isStopped = false
  const stopped = standby.stop('promoted').then(() => (isStopped = true))
  log.append('a', '2')
  const late = standby.apply('0_0', records(log, 1))
  await nextTurn()
  assert.equal(isStopped, false)
  finish()
  await Promise.all([applied, stopped, late])
  assert.deepEqual(contents(state), { a: '1' })
  assert.deepEqual(state.position('counts'), { offset: 1, topicId: 'first' })
})

test('a standby whose state refused a write is broken', async () => {
  const { log, standby, state, begin } = await openBed()
  log.append('a', '1')
  await begin()
  Object.assign(state, { apply: () => Promise.reject(new Error('disk')) })
  await assert.rejects(standby.apply('0_0', records(log)), { message: 'disk' })
  await standby.stop('failed')
  assert.equal(standby.isBroken, true)
})

test('a changelog that is another one than was followed is found out', async () => {
  const { log, standby, begin } = await openBed()
  log.append('a', '1')
  await begin()
  assert.equal(
    standby.noteBounds(() => ({ first: 0, end: 1, topicId: 'first' })),
    true,
  )
  assert.equal(
    standby.noteBounds(() => ({ first: 0, end: 1, topicId: 'second' })),
    false,
  )
  assert.equal(
    standby.noteBounds(() => ({ first: 1, end: 1, topicId: 'first' })),
    false,
  )
})

test('a listener hears of the start, of each batch and of the end', async () => {
  const { log, standby, updates, begin } = await openBed()
  for (const value of ['1', '2']) log.append('a', value)
  await begin()
  await standby.apply('0_0', records(log))
  await standby.stop('migrated')
  const place = { taskId: '0_0', store: 'counts', topic: '0_0', partition: 0, end: 2 }
  assert.deepEqual(updates, [
    { ...place, phase: 'start', position: 0, records: 0 },
    { ...place, phase: 'batch', position: 2, records: 2 },
    { ...place, phase: 'suspended', position: 2, records: 0, reason: 'migrated' },
  ])
})

const openSourceBed = (): Promise<Bed> => openBed(undefined, { isSource: true })

test('of the topic of a source a standby holds what is committed, and goes on when more is', async () => {
  const { logs, log, state, standby, begin } = await openSourceBed()
  for (const key of ['a', 'b', 'c', 'd']) log.append(key, '1')
  logs.committed.set('0_0', 2)
  assert.deepEqual(await begin(), [{ topic: '0_0', partition: 0, offset: 0 }])
  assert.equal(standby.lag, 2)
  assert.equal(await standby.apply('0_0', records(log).slice(0, 1)), true)
  assert.equal(
    await standby.apply('0_0', records(log, 1)),
    false,
    'there is more than is committed',
  )
  assert.deepEqual(contents(state), { a: '1', b: '1' })
  assert.deepEqual(state.position('counts'), { offset: 2, topicId: 'first' })
  assert.equal(standby.lag, 0)
  assert.deepEqual(standby.takeResumed(), [])

  assert.equal(
    standby.noteBounds(() => ({ first: 0, end: 3, topicId: 'first', isSource: true })),
    true,
  )
  assert.deepEqual(standby.takeResumed(), [{ topic: '0_0', partition: 0, offset: 2 }])
  assert.deepEqual(standby.takeResumed(), [], 'it is read already')
  assert.equal(await standby.apply('0_0', records(log, 2)), false)
  assert.deepEqual(Object.keys(contents(state)), ['a', 'b', 'c'])
})

test('of the topic of a source nothing is read while nothing is committed', async () => {
  const { log, state, standby, begin } = await openSourceBed()
  log.append('a', '1')
  assert.deepEqual(await begin(), [])
  assert.equal(standby.lag, 0)
  assert.deepEqual(contents(state), {})
})

test('the end of the topic of a source is not beyond what is committed', async () => {
  const { logs, log, state, standby, begin } = await openSourceBed()
  log.append('a', '1')
  log.commitMarker()
  log.commitMarker()
  logs.committed.set('0_0', 2)
  await begin()
  await standby.apply('0_0', records(log))
  standby.reachedEnd('0_0', 3)
  assert.equal(standby.lag, 0)
  await standby.stop('promoted')
  assert.deepEqual(state.position('counts'), { offset: 2, topicId: 'first' })
})
