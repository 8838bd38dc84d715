import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { httpSink } from './http-sink.ts'
import type { HttpRecordSinkOptions } from './http-sink-options.ts'

const url = 'https://example.com/'

function messageOf(options: object): string {
  try {
    httpSink(options as HttpRecordSinkOptions<string, unknown>) // may be anything here
  } catch (error) {
    assert.ok(MillraceError.is(error, 'MR_CONFIG'))
    return error.message.replace('Invalid options of httpSink: ', '')
  }
  return ''
}

test('all problems of the options are told at once', () => {
  const message = messageOf({ url: 'nowhere', method: 'GET', maxInFlight: 0, order: 'random' })
  for (const part of [/url: it must/, /method must/, /maxInFlight must/, /order must/]) {
    assert.match(message, part)
  }
})

test('each option is checked', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ deliveryTimeout: '5 parsecs' }, /^deliveryTimeout must be a duration/],
    [{ deliveryTimeout: 0 }, /^deliveryTimeout must be at least 1 ms/],
    [{ onDeliveryTimeout: 'drop' }, /^onDeliveryTimeout must be 'keep-trying' or 'reject'/],
    [{ conflictTimeout: -1 }, /^conflictTimeout must be/],
    [{ retry: { initialBackoff: 0 } }, /^retry.initialBackoff/],
    [{ retry: { initialBackoff: 100, maxBackoff: 10 } }, /^retry.maxBackoff must not be below/],
    [{ retry: { maxRetryAfter: 'x' } }, /^retry.maxRetryAfter/],
    [{ timeouts: { connect: 0 } }, /^timeouts.connect/],
    [{ timeouts: { headers: 0 } }, /^timeouts.headers/],
    [{ timeouts: { body: 0 } }, /^timeouts.body/],
    [{ maxResponseBytes: 1.5 }, /^maxResponseBytes/],
    [{ rateLimit: { requests: 0 } }, /^rateLimit.requests/],
    [{ rateLimit: { requests: 1, burst: 0 } }, /^rateLimit.burst/],
    [{ rateLimit: { requests: 1, per: 0 } }, /^rateLimit.per/],
    [{ circuitBreaker: { failures: 0 } }, /^circuitBreaker.failures/],
    [{ circuitBreaker: { openFor: 0 } }, /^circuitBreaker.openFor/],
    [{ redirects: 'all' }, /^redirects must be 'error' or 'follow'$/],
    [{ onUnauthorized: 'panic' }, /^onUnauthorized must be/],
    [{ tls: { cert: 'x' } }, /^tls.cert and tls.key go together/],
    [{ onTombstone: 'dlq' }, /^onTombstone must be/],
    [{ onResponse: () => undefined }, /^onResponse and responseTopic go together/],
    [{ responseTopic: 'answers' }, /^onResponse and responseTopic go together/],
    [{ batch: { maxRecords: 0 } }, /^batch.maxRecords/],
    [
      { batch: { maxRecords: 1 }, order: 'key' },
      /^order must be 'partition' or 'none' for batches/,
    ],
    [{ batch: { maxRecords: 1 }, onTombstone: 'delete' }, /^onTombstone must be.*for batches/],
    [{ batch: { maxRecords: 1 }, url: 'https://h/{key}' }, /\{key\} is none of \{topic\}/],
    [{ auth: { kind: 'bearer', token: '' } }, /^auth: the token is empty/],
    [{ auth: { kind: 'bearer', token: 'a\nb' } }, /^auth: the token is empty or/],
    [{ auth: { kind: 'basic', username: 'a:b', password: '' } }, /^auth: a user name/],
    [{ auth: { kind: 'hmac', secret: '' } }, /^auth: the secret is empty/],
    [{ auth: { kind: 'custom' } }, /^auth: authorize is no function/],
    [{ auth: { kind: 'digest' } }, /^auth: its kind is none of/],
    [
      { auth: { kind: 'oauth2', tokenUrl: 'x', clientId: 'a', clientSecret: 'b' } },
      /^auth: tokenUrl is no URL/,
    ],
  ]
  for (const [options, problem] of cases) {
    const message = messageOf({ url, ...options })
    assert.match(message, problem)
    assert.ok(!message.includes(';'), `more than one problem: ${message}`)
  }
})

test('the capabilities say what the order allows', () => {
  const capabilitiesOf = (order: 'key' | 'none' | 'partition') =>
    httpSink({ url, order }).capabilities
  const common = { tier: 'at-least-once', proposedMaxRecords: 100 }
  assert.deepEqual(capabilitiesOf('key'), { ...common, maxBatchesInFlight: 16 })
  assert.deepEqual(capabilitiesOf('none'), { ...common, maxBatchesInFlight: 16 })
  assert.deepEqual(capabilitiesOf('partition'), { ...common, maxBatchesInFlight: 1 })
})
