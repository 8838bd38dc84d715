import type { Producer } from '@confluentinc/kafka-javascript'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '../../observe/logger.ts'
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
