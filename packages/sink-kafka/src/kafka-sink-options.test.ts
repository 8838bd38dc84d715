import { MillraceError, serdes } from '@millrace/core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KafkaSinkOptions, resolveKafkaSinkOptions } from './kafka-sink-options.ts'

const MINIMAL: KafkaSinkOptions<string, string> = {
  brokers: 'there:9092',
  topic: 'orders',
  key: serdes.string,
  value: serdes.string,
}

function problemsOf(options: Partial<KafkaSinkOptions<string, string>>): string {
  try {
    resolveKafkaSinkOptions({ ...MINIMAL, ...options })
  } catch (error) {
    if (MillraceError.is(error, 'MR_CONFIG')) return error.message
    throw error
  }
  return ''
}

test('what is left out has its default', () => {
  const { positionsTopic, transactionTimeoutMs, replicationFactor, brokers } =
    resolveKafkaSinkOptions({ ...MINIMAL, brokers: 'a:1, b:2' })
  assert.deepEqual(
    { positionsTopic, transactionTimeoutMs, replicationFactor, brokers },
    {
      positionsTopic: 'millrace-sink-positions',
      transactionTimeoutMs: 30_000,
      replicationFactor: -1,
      brokers: ['a:1', 'b:2'],
    },
  )
})

test('every problem is told at once', () => {
  assert.equal(
    problemsOf({
      brokers: ['http://there:9092', '[::1]:9092'],
      topic: 'no good',
      positionsTopic: '',
      transactionTimeout: '10 ms',
      kafka: { 'transactional.id': 'mine', 'security.protocol': 'ssl' },
    }),
    "Invalid options of kafkaSink(): broker 'http://there:9092' is not host:port; " +
      "topic 'no good' is no legal topic name; positionsTopic '' is no legal topic name; " +
      "transactionTimeout must be 1 second at least; kafka['transactional.id'] is set by Millrace and cannot be changed",
  )
})

test('a sink does not write to its topic of positions', () => {
  assert.match(problemsOf({ positionsTopic: 'orders' }), /topic and positionsTopic are the same/)
})

test('without a broker there is no cluster', () => {
  assert.match(problemsOf({ brokers: ' ,' }), /brokers is empty/)
})
