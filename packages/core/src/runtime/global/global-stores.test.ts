import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamsBuilder } from '../../dsl/streams-builder.ts'
import { MillraceError } from '../../errors/millrace-error.ts'
import { silentLogger } from '../../observe/logger.ts'
import { serdes } from '../../serde/serdes.ts'
import type { TimestampedKeyValueStore } from '../../state/key-value-store.ts'
import { inMemory } from '../../state/memory-state-backend.ts'
import type { TaskState } from '../../state/state-backend.ts'
import { failOnInvalidTimestamp } from '../../time/timestamp-extractor.ts'
import type { RestoreProgress } from '../restorer.ts'
import { type TestLog, TestLogs, type TestReader } from '../standby/logs.testkit.ts'
import { ManualScheduler } from '../standby/manual-scheduler.testkit.ts'
import { createMetrics } from '../task-metrics.ts'
import { storesOf } from './global-positions.ts'
import { GlobalStores } from './global-stores.ts'

const text = { key: serdes.string, value: serdes.string }

function openState(): TaskState {
  const stores = storesOf([{ name: 'rows' }])
  return inMemory().open({ taskId: 'global', stores, directory: '' }) as TaskState // memory opens at once
}

interface Bed {
  readonly logs: TestLogs
  readonly log: TestLog
  readonly reader: TestReader
  readonly scheduler: ManualScheduler
  readonly stores: GlobalStores
  readonly progress: RestoreProgress[]
  readonly stop: AbortController
  readonly rows: () => Readonly<Record<string, string>>
  /** Runs it, while time passes. */
  readonly load: () => Promise<void>
}

function bed(logs = new TestLogs(), state = openState()): Bed {
  const builder = new StreamsBuilder()
  builder.globalTable('topic', { ...text, store: 'rows' })
  const scheduler = new ManualScheduler()
  const reader = logs.reader()
  const progress: RestoreProgress[] = []
  const stop = new AbortController()
  const stores = new GlobalStores({
    globalStores: builder.build().globalStores,
    state,
    environment: {
      applicationId: 'app',
      timestampExtractor: failOnInvalidTimestamp,
      deserializationExceptionHandler: 'fail',
      processingExceptionHandler: 'fail',
      clock: scheduler,
      logger: silentLogger,
      metrics: createMetrics(),
      topicName: (name) => name,
    },
    reader,
    admin: logs.admin(),
    scheduler,
    logger: silentLogger,
    retries: {
      timeoutMs: 1000,
      scheduler,
      random: () => 0,
      logger: silentLogger,
      signal: stop.signal,
    },
    onProgress: (one) => progress.push(one),
    onFailure: () => undefined,
    stop: stop.signal,
  })
  return {
    logs,
    log: logs.log('topic'),
    reader,
    scheduler,
    stores,
    progress,
    stop,
    rows: () => {
      const store = stores.get('rows') as TimestampedKeyValueStore<string, string>
      return Object.fromEntries([...store.all()].map(([key, { value }]) => [key, value]))
    },
    load: async () => {
      await Promise.all([stores.load(), scheduler.advance(1000)])
    },
  }
}

test('a load ends where committed data ended when it began, markers included', async () => {
  const { log, load, rows, progress } = bed()
  log.append('a', '1')
  log.append('b', '2')
  log.commitMarker()
  log.append('a', null)
  log.commitMarker()
  await load()

  assert.deepEqual(rows(), { b: '2' })
  assert.deepEqual(
    progress.map(({ phase, restored, total, remaining }) => [phase, restored, total, remaining]),
    [
      ['start', 0, 5, 5],
      ['batch', 3, 5, 1],
      ['end', 3, 5, 0],
    ],
  )
})

test('a load does not wait for a transaction that is open', async () => {
  const { log, load, rows } = bed()
  log.append('a', '1')
  log.stableEnd = 1
  log.append('a', '2')
  await load()

  assert.deepEqual(rows(), { a: '1' })
})

test('what comes later is seen, and a restart goes on from there', async () => {
  const state = openState()
  const first = bed(new TestLogs(), state)
  first.log.append('a', '1')
  await first.load()
  first.stores.follow()
  first.log.append('b', '2')
  await first.scheduler.advance(100)
  assert.deepEqual(first.rows(), { a: '1', b: '2' })
  assert.equal(first.stores.lag, 0)
  const closing = first.stores.close()
  await first.scheduler.advance(100)
  await closing
  assert.equal(first.reader.isClosed, true)

  const second = bed(first.logs, state)
  first.log.append('c', '3')
  await second.load()
  assert.deepEqual(second.rows(), { a: '1', b: '2', c: '3' })
  assert.deepEqual(
    second.progress.map(({ phase, total }) => [phase, total]),
    [
      ['start', 1],
      ['batch', 1],
      ['end', 1],
    ],
  )
})

test('a topic that was made anew, or lost records, is read from its beginning into an empty store', async () => {
  const state = openState()
  const first = bed(new TestLogs(), state)
  for (const key of ['a', 'b', 'c']) first.log.append(key, '1')
  await first.load()

  first.log.topicId = 'second'
  const second = bed(first.logs, state)
  first.log.start = 1
  await second.load()
  assert.deepEqual(second.rows(), { b: '1', c: '1' })

  for (const key of ['d', 'e']) first.log.append(key, '1')
  first.log.start = 4
  const third = bed(first.logs, state)
  await third.load()
  assert.deepEqual(third.rows(), { e: '1' })
})

test('while it runs the member ends for that, so that nobody reads a store that is being filled', async () => {
  const { log, load, stores, scheduler, rows } = bed()
  log.append('a', '1')
  await load()
  stores.follow()
  await scheduler.advance(100)
  stores.check()
  log.topicId = 'second'
  await scheduler.advance(4000)

  assert.throws(
    () => {
      stores.check()
    },
    (error) => MillraceError.is(error, 'MR_TOPICS_CHANGED') && error.action === 'fence',
  )
  assert.deepEqual(rows(), { a: '1' })
})

test('records that are deleted before they are read end the member too', async () => {
  const { log, load, stores, scheduler } = bed()
  log.append('a', '1')
  await load()
  stores.follow()
  for (const key of ['b', 'c', 'd']) log.append(key, '1')
  log.start = 3
  await scheduler.advance(100)

  assert.throws(
    () => {
      stores.check()
    },
    (error) => MillraceError.is(error, 'MR_TOPICS_CHANGED') && MillraceError.is(error.cause),
  )
})

test('records that are deleted while a store is filled begin the load again', async () => {
  const { log, load, rows, reader } = bed()
  log.append('a', '1')
  log.append('b', '2')
  const poll = reader.poll.bind(reader)
  let polls = 0
  reader.poll = (records) => {
    if (polls++ === 0) log.start = 1
    return poll(records)
  }
  await load()

  assert.deepEqual(rows(), { b: '2' })
})

test('a topic that is not there fails the load; one that goes away later leaves its rows', async () => {
  const logs = new TestLogs()
  logs.missing.add('topic')
  await assert.rejects(bed(logs).load(), (error) => MillraceError.is(error, 'MR_UNKNOWN_TOPIC'))

  logs.missing.clear()
  const { log, load, stores, scheduler, rows } = bed(logs)
  log.append('a', '1')
  await load()
  stores.follow()
  logs.missing.add('topic')
  await scheduler.advance(8000)
  stores.check()
  assert.deepEqual(rows(), { a: '1' })
})

test('a broker that is away is waited for', async () => {
  const { logs, log, load, stores, scheduler, rows } = bed()
  log.append('a', '1')
  await load()
  stores.follow()
  logs.error = new MillraceError('MR_BROKER_UNAVAILABLE', 'away')
  log.append('b', '2')
  await scheduler.advance(8000)
  logs.error = undefined
  await scheduler.advance(1000)

  stores.check()
  assert.deepEqual(rows(), { a: '1', b: '2' })
})

test('a load that is to stop is given up, and says so', async () => {
  const { log, stores, scheduler, stop, progress, reader } = bed()
  log.append('a', '1')
  log.append('b', '1')
  reader.poll = () => {
    stop.abort()
    return Promise.resolve({ records: [], ends: [] })
  }
  await Promise.all([stores.load(), scheduler.advance(1000)])
  await stores.close()

  assert.deepEqual(
    progress.map(({ phase }) => phase),
    ['start', 'suspended'],
  )
})
