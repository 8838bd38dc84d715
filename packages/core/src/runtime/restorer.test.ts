import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToMapKey } from '../base/bytes.ts'
import { deferred } from '../base/deferred.ts'
import { MillraceError } from '../errors/millrace-error.ts'
import { inMemory } from '../state/memory-state-backend.ts'
import { plainChangelog } from '../state/plain-key-value-store.ts'
import { at, contents, type Log, LogReader, restoring, turns, until } from './restorer.testkit.ts'

test('a new store gets the last value of each key, without those deleted', async () => {
  const records = [['a', '1'], ['b', '1'], ['a', '2'], ['b', null], undefined] as const
  const { restorer, state, progress, start, untilChange } = await restoring({
    start: 0,
    records: [...records],
    stableEnd: 5,
  })
  await start()
  await untilChange()
  assert.deepEqual(restorer.takeDone(), ['0_0'])
  assert.deepEqual(contents(state), { a: '2' })
  assert.deepEqual(state.position('counts'), at(5))
  assert.deepEqual(
    progress.map(({ phase, restored, total }) => [phase, restored, total]),
    [
      ['start', 0, 5],
      ['batch', 2, 5],
      ['batch', 4, 5],
      ['end', 4, 5],
    ],
  )
})

test('a store goes on from its position', async () => {
  const { reader, state, start, untilChange } = await restoring({
    start: 0,
    records: [['a', '1'], undefined, ['b', '2'], undefined],
    stableEnd: 4,
  })
  const write = { key: Buffer.from('old'), mapKey: bytesToMapKey(Buffer.from('old')) }
  await state.apply(
    [{ store: 'counts', writes: [{ ...write, value: Buffer.from('kept') }] }],
    new Map([['counts', at(2)]]),
  )
  await start()
  assert.deepEqual(reader.reads, ['app-counts-changelog-0@2'])
  await untilChange()
  assert.deepEqual(contents(state), { old: 'kept', b: '2' })
})

test('a store whose position is before the log is built anew', async () => {
  const { state, start, untilChange } = await restoring({
    start: 2,
    records: [undefined, undefined, ['b', '2']],
    stableEnd: 3,
  })
  const write = { key: Buffer.from('a'), mapKey: bytesToMapKey(Buffer.from('a')) }
  await state.apply(
    [{ store: 'counts', writes: [{ ...write, value: Buffer.from('1') }] }],
    new Map([['counts', at(1)]]),
  )
  await start()
  await untilChange()
  assert.deepEqual(contents(state), { b: '2' })
})

/** The position alone cannot tell: the new topic may have more records than the old one had. */
test('a store whose changelog was made anew is built anew', async () => {
  const { state, start, untilChange } = await restoring({
    start: 0,
    records: [['a', '1'], undefined, ['b', '2'], undefined],
    stableEnd: 4,
    topicId: 'second',
  })
  const write = { key: Buffer.from('old'), mapKey: bytesToMapKey(Buffer.from('old')) }
  await state.apply(
    [{ store: 'counts', writes: [{ ...write, value: Buffer.from('gone') }] }],
    new Map([['counts', at(2)]]),
  )
  await start()
  await untilChange()
  assert.deepEqual(contents(state), { a: '1', b: '2' })
  assert.deepEqual(state.position('counts'), { offset: 4, topicId: 'second' })
})

test('a store that has seen more than its changelog holds is built anew', async () => {
  const { state, start, untilChange } = await restoring({
    start: 0,
    records: [['a', '1'], undefined],
    stableEnd: 2,
  })
  await state.apply([], new Map([['counts', at(4)]]))
  await start()
  await untilChange()
  assert.deepEqual(contents(state), { a: '1' })
  assert.deepEqual(state.position('counts'), at(2))
})

/** The commit was answered, and the process killed, before its marker was in the changelog. */
test('a store that has counted a marker which is on its way stays as it is', async () => {
  const { restorer, state, start } = await restoring({
    start: 0,
    records: [['a', '1']],
    stableEnd: 0,
  })
  await state.apply([], new Map([['counts', at(2)]]))
  await start()
  assert.deepEqual(restorer.takeDone(), ['0_0'])
  assert.deepEqual(state.position('counts'), at(2))
})

test('a store that is up to date is done at once, and nothing is read', async () => {
  const { restorer, reader, state, start } = await restoring({
    start: 0,
    records: [['a', '1'], undefined],
    stableEnd: 2,
  })
  await state.apply([], new Map([['counts', at(2)]]))
  await start()
  assert.deepEqual(restorer.takeDone(), ['0_0'])
  assert.deepEqual(reader.reads, [])
})

/**
 * 1. the coordinator writes that a transaction is committed, and answers its producer
 * 2. the marker reaches the partition of the offsets, then another broker's, that of the changelog
 * 3. between the two the offsets are stable, and the records still beyond the last stable offset
 */
test('records that are committed and not yet stable are waited for', async () => {
  const log: Log = {
    start: 0,
    records: [['a', '1'], undefined, ['a', '2'], undefined],
    stableEnd: 2,
  }
  const { restorer, state, start, untilChange } = await restoring(log)
  await start()
  await turns(20)
  assert.deepEqual(restorer.takeDone(), [])
  log.stableEnd = 4
  await untilChange()
  assert.deepEqual(restorer.takeDone(), ['0_0'])
  assert.deepEqual(contents(state), { a: '2' })
})

test('a task that was taken away is not done, and its changelog is read no more', async () => {
  const log: Log = {
    start: 0,
    records: [
      ['a', '1'],
      ['b', '1'],
    ],
    stableEnd: 1,
  }
  const { restorer, reader, state, progress, start } = await restoring(log)
  await start()
  await turns(5)
  await restorer.cancel('0_0')
  log.stableEnd = 2
  await turns(20)
  assert.deepEqual(restorer.takeDone(), [])
  assert.deepEqual(reader.reads, [])
  assert.deepEqual(
    progress.map(({ phase, restored, restoredBytes, remaining }) => [
      phase,
      restored,
      restoredBytes,
      remaining,
    ]),
    [
      ['start', 0, 0, 2],
      ['batch', 1, 2, 1],
      ['suspended', 1, 2, 1],
    ],
  )
  assert.deepEqual(state.position('counts'), at(1))
})

test('a task that is taken away while its state changes is given up when it has changed', async () => {
  const log: Log = { start: 0, records: [['a', '1']], stableEnd: 1 }
  const { restorer, state, start } = await restoring(log)
  const apply = state.apply.bind(state)
  const change = deferred<undefined>()
  let isChanging = false
  state.apply = async (...step) => {
    if (step[0].length === 0) return apply(...step)
    isChanging = true
    await change.promise
    await apply(...step)
    isChanging = false
  }
  await start()
  await turns(5)
  assert.equal(isChanging, true)
  const cancelled = restorer.cancel('0_0').then(() => {
    assert.equal(isChanging, false)
  })
  await turns(5)
  change.resolve(undefined)
  await cancelled
  await turns(5)
  assert.deepEqual(restorer.takeDone(), [])
})

/** With all that waits meanwhile, a member that is alone gives its tasks back and has them again in less than a poll. */
test('a task that comes back while a poll is under way gets nothing from before, and no gap', async () => {
  const log: Log = {
    start: 0,
    records: [
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ],
    stableEnd: 3,
  }
  const reader = new LogReader(log, 1)
  const { restorer, start, request, progress } = await restoring(log, reader)
  await start()
  await until(() => progress.length === 2)
  const poll = deferred<undefined>()
  reader.hold = poll.promise
  await until(() => reader.hold === undefined)
  await restorer.cancel('0_0')
  const again = await inMemory().open({ taskId: '0_0', stores: ['counts'], directory: '' })
  const started = restorer.start('0_0', [{ ...request, state: again }])
  await turns(5)
  poll.resolve(undefined)
  await started
  await until(() => restorer.isDone('0_0'))
  assert.deepEqual(contents(again), { a: '1', b: '1', c: '1' })
})

test('an error of the reader comes out where the tasks are asked for', async () => {
  const { restorer, reader, start, untilChange } = await restoring({
    start: 0,
    records: [['a', '1']],
    stableEnd: 1,
  })
  reader.error = new MillraceError('MR_AUTHORIZATION', 'not authorized')
  await start()
  await untilChange()
  assert.throws(() => restorer.takeDone(), { code: 'MR_AUTHORIZATION' })
})

test('a restore that failed is not gone on with when another task begins: what was read is not applied', async (t) => {
  const log: Log = { start: 0, records: [['a', '1'], undefined], stableEnd: 2 }
  const { restorer, state, start, untilChange } = await restoring(log, new LogReader(log, 1))
  t.after(() => restorer.close())
  const apply = state.apply.bind(state)
  let isFull = true
  state.apply = (...step) => {
    if (step[0].length === 0 || !isFull) return apply(...step)
    isFull = false
    throw new MillraceError('MR_STATE_DISK_FULL', 'no space left')
  }
  await start()
  await untilChange()
  const other = await inMemory().open({ taskId: '0_1', stores: ['counts'], directory: '' })
  const topic = 'another-changelog'
  const store = { taskId: '0_1', store: 'counts', partition: 0, changelog: plainChangelog }
  await restorer.start('0_1', [{ ...store, state: other, topic }])
  await turns(10)
  assert.deepEqual([state.position('counts'), contents(state)], [at(0), {}])
  assert.throws(() => restorer.takeDone(), { code: 'MR_STATE_DISK_FULL' })
})

test('a restore waits for a broker that is away', async () => {
  const { restorer, reader, state, start, untilChange } = await restoring({
    start: 0,
    records: [['a', '1']],
    stableEnd: 1,
  })
  reader.error = new MillraceError('MR_BROKER_UNAVAILABLE', 'no answer from Kafka')
  await start()
  await turns(5)
  assert.deepEqual(restorer.takeDone(), [])
  reader.error = undefined
  await untilChange()
  assert.deepEqual(contents(state), { a: '1' })
})

test('close ends the reading, and closes the reader', async () => {
  const log: Log = {
    start: 0,
    records: [
      ['a', '1'],
      ['b', '1'],
    ],
    stableEnd: 1,
  }
  const { restorer, reader, start } = await restoring(log)
  await start()
  await restorer.close()
  assert.equal(reader.closed, true)
})
