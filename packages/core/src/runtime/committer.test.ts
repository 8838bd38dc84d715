import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '../errors/millrace-error.ts'
import type { CommitOffset, GroupConsumer } from '../kafka/group-consumer.ts'
import type { ProducerRecord, TransactionalProducer } from '../kafka/producer.ts'
import { silentLogger } from '../observe/logger.ts'
import { flushingCommitter, transactionalCommitter } from './committer.ts'
import type { RetryOptions } from './retry.ts'
import { systemClock } from '../time/clock.ts'

const RETRIES: RetryOptions = {
  timeoutMs: 10_000,
  scheduler: { ...systemClock, nowMs: () => 0 },
  random: Math.random,
  logger: silentLogger,
  signal: new AbortController().signal,
}

const OFFSETS: readonly CommitOffset[] = [{ topic: 'in', partition: 0, offset: 5, metadata: '' }]
const RECORD: ProducerRecord = {
  topic: 'out',
  partition: 0,
  key: null,
  value: null,
  timestampMs: 0,
  headers: [],
}

/** Notes every call; the calls named in `failures` reject once, with the error given. */
class CallLog {
  readonly calls: string[] = []
  readonly failures = new Map<string, MillraceError>()

  readonly call = (name: string): Promise<void> => {
    this.calls.push(name)
    const failure = this.failures.get(name)
    this.failures.delete(name)
    return failure === undefined ? Promise.resolve() : Promise.reject(failure)
  }

  readonly producer: TransactionalProducer = {
    init: () => this.call('init'),
    begin: () => this.call('begin'),
    send: ({ topic }) => void this.calls.push(`send ${topic}`),
    sendOffsets: (offsets) => this.call(`offsets ${offsets.length}`),
    commit: () => this.call('commit'),
    abort: () => this.call('abort'),
    flush: () => this.call('flush'),
    close: () => this.call('close'),
  }

  /** The committers commit by it, and do nothing else with it. */
  readonly consumer: GroupConsumer = {
    commit: (offsets: readonly CommitOffset[]) => this.call(`consumer commit ${offsets.length}`),
  } as unknown as GroupConsumer
}

const unavailable = (): MillraceError => new MillraceError('MR_BROKER_UNAVAILABLE', 'no answer')
const stale = (): MillraceError => new MillraceError('MR_STALE_GENERATION', 'moved on')

describe('exactly once', () => {
  test('a transaction begins once, and ends with its offsets and a commit', async () => {
    const { calls, producer, consumer } = new CallLog()
    const committer = transactionalCommitter(producer, RETRIES)
    await committer.open()
    await committer.begin()
    await committer.begin()
    committer.send(RECORD)
    await committer.commit(OFFSETS, consumer)
    await committer.begin()
    assert.deepEqual(calls, ['init', 'begin', 'send out', 'offsets 1', 'commit', 'begin'])
    assert.equal(committer.commitMarkers, 1)
  })

  test('a call that was not answered is made again, and no other in its place', async () => {
    const log = new CallLog()
    const committer = transactionalCommitter(log.producer, RETRIES)
    await committer.begin()
    log.failures.set('offsets 1', unavailable()).set('commit', unavailable())
    await committer.commit(OFFSETS, log.consumer)
    assert.deepEqual(log.calls, ['begin', 'offsets 1', 'offsets 1', 'commit', 'commit'])
  })

  test('refused offsets keep the commit from being asked for, and the transaction is open', async () => {
    const log = new CallLog()
    const committer = transactionalCommitter(log.producer, RETRIES)
    await committer.begin()
    log.failures.set('offsets 1', stale())
    await assert.rejects(committer.commit(OFFSETS, log.consumer), { code: 'MR_STALE_GENERATION' })
    await committer.abort()
    await committer.begin()
    assert.deepEqual(log.calls, ['begin', 'offsets 1', 'abort', 'begin'])
  })

  test('without an open transaction there is nothing to abort', async () => {
    const { calls, producer, consumer } = new CallLog()
    const committer = transactionalCommitter(producer, RETRIES)
    await committer.abort()
    await committer.begin()
    await committer.commit(OFFSETS, consumer)
    await committer.abort()
    assert.deepEqual(calls, ['begin', 'offsets 1', 'commit'])
  })
})

describe('at least once', () => {
  test('records are flushed before the offsets are committed', async () => {
    const { calls, producer, consumer } = new CallLog()
    const committer = flushingCommitter(producer, RETRIES)
    await committer.open()
    await committer.begin()
    committer.send(RECORD)
    await committer.commit(OFFSETS, consumer)
    assert.deepEqual(calls, ['send out', 'flush', 'consumer commit 1'])
    assert.equal(committer.commitMarkers, 0)
  })

  test('a record that was not delivered keeps the offsets from being committed', async () => {
    const log = new CallLog()
    const committer = flushingCommitter(log.producer, RETRIES)
    log.failures.set('flush', new MillraceError('MR_PRODUCTION', 'not delivered'))
    await assert.rejects(committer.commit(OFFSETS, log.consumer), { code: 'MR_PRODUCTION' })
    assert.deepEqual(log.calls, ['flush'])
  })

  test('without offsets the flush is all', async () => {
    const { calls, producer, consumer } = new CallLog()
    await flushingCommitter(producer, RETRIES).commit([], consumer)
    assert.deepEqual(calls, ['flush'])
  })

  test('what was sent stays sent in an abort', async () => {
    const { calls, producer } = new CallLog()
    const committer = flushingCommitter(producer, RETRIES)
    committer.send(RECORD)
    await committer.abort()
    assert.deepEqual(calls, ['send out'])
  })
})
