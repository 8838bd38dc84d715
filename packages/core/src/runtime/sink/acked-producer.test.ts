import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Deferred, deferred } from '../../base/deferred.ts'
import type { KafkaProducer, ProducerRecord } from '../../kafka/producer.ts'
import { silentLogger } from '../../observe/logger.ts'
import { AckedProducer } from './acked-producer.ts'

class Producers {
  readonly sent: string[] = []
  readonly flushes: Deferred<undefined>[] = []
  created = 0
  closed = 0

  create(): KafkaProducer {
    this.created++
    return {
      send: ({ topic }: ProducerRecord) => {
        if (topic === 'too-large') throw new RangeError(topic)
        this.sent.push(topic)
      },
      flush: () => {
        const flush = deferred<undefined>()
        this.flushes.push(flush)
        return flush.promise
      },
      close: () => {
        this.closed++
        return Promise.resolve()
      },
    }
  }
}

function bed(): {
  producers: Producers
  producer: AckedProducer
  send: (topic: string) => Promise<string>
} {
  const producers = new Producers()
  const producer = new AckedProducer(() => producers.create(), silentLogger)
  const send = (topic: string): Promise<string> => {
    const at = { partition: undefined, key: null, value: null, timestampMs: 0, headers: [] }
    return producer.send({ topic, ...at }).then(
      () => 'acknowledged',
      (error: unknown) => String(error),
    )
  }
  return { producers, producer, send }
}

test('a record is acknowledged by the flush behind it, and those that come meanwhile by the next', async () => {
  const { producers, producer, send } = bed()
  const ends: string[] = []
  void send('a').then(() => ends.push('a'))
  void send('b').then(() => ends.push('b'))
  await turn()
  void send('c').then(() => ends.push('c'))
  await turn()
  assert.deepEqual([producers.sent, ends], [['a', 'b'], []])
  producers.flushes[0]?.resolve(undefined)
  await turn()
  assert.deepEqual(
    [producers.sent, ends],
    [
      ['a', 'b', 'c'],
      ['a', 'b'],
    ],
  )
  producers.flushes[1]?.resolve(undefined)
  await producer.close()
  assert.deepEqual([ends, producers.created, producers.closed], [['a', 'b', 'c'], 1, 1])
})

test('all of a flush that fails fail, and what comes next has a new producer', async () => {
  const { producers, send } = bed()
  const first = [send('a'), send('b')]
  await turn()
  producers.flushes[0]?.reject(new Error('not delivered'))
  assert.deepEqual(await Promise.all(first), ['Error: not delivered', 'Error: not delivered'])
  const next = send('c')
  await turn()
  producers.flushes[1]?.resolve(undefined)
  assert.equal(await next, 'acknowledged')
  assert.deepEqual([producers.created, producers.closed], [2, 1])
})

test('one that cannot be sent fails alone', async () => {
  const { producers, send } = bed()
  const ends = Promise.all([send('a'), send('too-large'), send('b')])
  await turn()
  producers.flushes[0]?.resolve(undefined)
  assert.deepEqual(await ends, ['acknowledged', 'RangeError: too-large', 'acknowledged'])
})
