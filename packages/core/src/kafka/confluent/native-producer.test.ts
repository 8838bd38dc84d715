import type { LibrdKafkaError, Producer } from '@confluentinc/kafka-javascript'
import assert from 'node:assert/strict'
import type { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MillraceError } from '../../errors/millrace-error.ts'
import { silentLogger } from '../../observe/logger.ts'
import { CODE } from './client-error.ts'
import { NativeProducer } from './native-producer.ts'

/** Some of the intervals in which the client polls. */
const A_WHILE_MS = 350

test('a producer is not polled any more while it is closed', async () => {
  // librdkafka brings brokers of its own for tests.
  const settings = { global: { 'test.mock.num.brokers': 1 }, topic: {} }
  const producer = new NativeProducer({ clientId: 'closed' }, settings, silentLogger)
  const client = await producer.connection.connect()
  let polls = 0
  const poll = client.poll.bind(client)
  client.poll = () => {
    polls++
    return poll()
  }
  const disconnect = client.disconnect.bind(client)
  const disconnectLater = (timeoutMs: number, done: () => void): Producer => {
    polls = 0
    setTimeout(() => disconnect(timeoutMs, done), A_WHILE_MS)
    return client
  }
  // Of its two forms the one that is called.
  client.disconnect = disconnectLater as Producer['disconnect']
  await sleep(A_WHILE_MS)
  assert.ok(polls > 0, 'it is polled until then')

  await producer.close()
  assert.equal(polls, 0)
})

interface Reported {
  readonly code: number
}

/** A producer whose flushes are made by the test, and report what it says, as the client does. */
async function flushedBy(flush: (report: (error: Reported) => void) => Reported | null): Promise<{
  readonly producer: NativeProducer
  readonly flushes: () => number
}> {
  const settings = { global: { 'test.mock.num.brokers': 1 }, topic: {} }
  const producer = new NativeProducer({ clientId: 'flushed' }, settings, silentLogger)
  const client = await producer.connection.connect()
  const report = (error: Reported): void => {
    const emitter: EventEmitter = client
    emitter.emit('delivery-report', error, { topic: 'orders', partition: 3 })
  }
  let flushes = 0
  client.flush = (_timeoutMs, done) => {
    flushes++
    const error = flush(report)
    setImmediate(() => done?.(error as LibrdKafkaError))
    return client
  }
  return { producer, flushes: () => flushes }
}

test('a flush tells of a refused record behind which the client waits, without waiting', async () => {
  const { producer, flushes } = await flushedBy((report) => {
    report({ code: CODE.messageTooLarge })
    return { code: CODE.timedOut }
  })
  try {
    await assert.rejects(producer.flush(), (error: MillraceError) => {
      assert.equal(error.code, 'MR_RECORD_TOO_LARGE')
      assert.equal(error.at['topic'], 'orders')
      return true
    })
    assert.equal(flushes(), 1)
  } finally {
    await producer.close()
  }
})

test('a flush waits on while the client does', async () => {
  let left = 3
  const { producer, flushes } = await flushedBy(() => {
    left--
    return left > 0 ? { code: CODE.timedOut } : null
  })
  try {
    await producer.flush()
    assert.equal(flushes(), 3)
  } finally {
    await producer.close()
  }
})

test('a flush tells of a refused record whose report comes turns later than its end', async () => {
  const { producer } = await flushedBy((report) => {
    let turns = 50
    const turn = (): void => {
      turns--
      report({ code: turns > 0 ? CODE.purgeQueue : CODE.messageTooLarge })
      if (turns > 0) setImmediate(turn)
    }
    setImmediate(turn)
    return null
  })
  try {
    await assert.rejects(
      producer.flush(),
      (error: MillraceError) => error.code === 'MR_RECORD_TOO_LARGE',
    )
  } finally {
    await producer.close()
  }
})
